use super::cell::{INPUTS, NODES};
use super::{DartsCell, DartsGenotype, DartsSpace, Operand, Primitive};
use crate::cursor::Cursor;
use crate::nearest::nearest;
use bonas_core::SpaceError;

const FIELDS: [&str; 4] = ["normal", "normal_concat", "reduce", "reduce_concat"];

/// Reads a genotype by this grammar; white space and trailing commas are free, and so is the choice of brackets and quotes:
///
/// ```text
/// genotype = [ WORD "=" ] "Genotype" "(" { WORD "=" value "," } ")"  |  "{" { STRING ":" value "," } "}"
/// value    = cell (of normal, reduce)  |  concat (of normal_concat, reduce_concat, which may be left out)
/// cell     = "[" 8 × pair | 4 × ( "[" pair "," pair "]" ) "]"
/// pair     = "(" STRING "," NUMBER ")"
/// concat   = "[2, 3, 4, 5]"  |  "range(2, 6)"
/// ```
pub(super) fn genotype(text: &str, space: &DartsSpace) -> Result<DartsGenotype, SpaceError> {
    Reader { cursor: Cursor::new(text), space }.genotype()
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    space: &'a DartsSpace,
}

#[derive(Default)]
struct Fields<'a> {
    seen: Vec<&'a str>,
    normal: Option<DartsCell>,
    reduce: Option<DartsCell>,
}

impl<'a> Reader<'a> {
    fn genotype(mut self) -> Result<DartsGenotype, SpaceError> {
        let json = self.cursor.take('{');
        if !json {
            self.call()?;
        }
        let close = if json { '}' } else { ')' };
        let mut fields = Fields::default();
        self.items(close, |reader| reader.field(json, &mut fields))?;
        let end = self.cursor.read_to() - close.len_utf8();
        self.cursor.end()?;
        let missing = |name| self.cursor.error_since(end, format!("the field {name}"));
        Ok(DartsGenotype {
            normal: fields.normal.ok_or_else(|| missing("normal"))?,
            reduce: fields.reduce.ok_or_else(|| missing("reduce"))?,
        })
    }

    /// `[NAME =] Genotype (`
    fn call(&mut self) -> Result<(), SpaceError> {
        let mut expected = "Genotype(…) or a JSON object";
        let mut start = self.cursor.offset();
        let mut word = self.cursor.word().ok_or_else(|| self.cursor.error(expected))?;
        if self.cursor.take('=') {
            expected = "Genotype(…)";
            start = self.cursor.offset();
            word = self.cursor.word().ok_or_else(|| self.cursor.error(expected))?;
        }
        if word != "Genotype" {
            return Err(self.cursor.error_since(start, expected));
        }
        self.cursor.require('(')
    }

    fn field(&mut self, json: bool, fields: &mut Fields<'a>) -> Result<(), SpaceError> {
        let start = self.cursor.offset();
        let key = if json { self.cursor.quoted() } else { self.cursor.word() };
        let key = key.ok_or_else(|| self.cursor.error(field_names(None)))?;
        if !FIELDS.contains(&key) {
            return Err(self.cursor.error_since(start, field_names(nearest(key, FIELDS))));
        }
        if fields.seen.contains(&key) {
            return Err(self.cursor.error_since(start, format!("the field {key} only once")));
        }
        fields.seen.push(key);
        self.cursor.require(if json { ':' } else { '=' })?;
        match key {
            "normal" => fields.normal = Some(self.cell()?),
            "reduce" => fields.reduce = Some(self.cell()?),
            _ => self.concat()?,
        }
        Ok(())
    }

    fn cell(&mut self) -> Result<DartsCell, SpaceError> {
        let start = self.cursor.offset();
        let close = self.open("a list of operands")?;
        let mut nodes = Vec::new();
        if self.nested() {
            self.items(close, |reader| {
                nodes.push(reader.node()?);
                Ok(())
            })?;
        } else {
            let operands = self.pairs(close)?;
            if operands.len() % 2 != 0 {
                return Err(self.cursor.error_since(start, format!("two operands per node (not {} in all)", operands.len())));
            }
            nodes.extend(operands.chunks_exact(2).map(|pair| [pair[0], pair[1]]));
        }
        if nodes.len() != NODES {
            let expected = format!("{NODES} nodes of two operands (not {} nodes)", nodes.len());
            return Err(self.cursor.error_since(start, expected));
        }
        Ok(DartsCell { nodes })
    }

    /// Whether a list of lists comes next, rather than a pair.
    fn nested(&self) -> bool {
        let mut ahead = self.cursor.clone();
        let mut opens = || ahead.take('[') || ahead.take('(');
        opens() && opens()
    }

    fn node(&mut self) -> Result<[Operand; 2], SpaceError> {
        let start = self.cursor.offset();
        let close = self.open("a node, which is a list of two operands")?;
        let operands = self.pairs(close)?;
        let count = operands.len();
        operands.try_into().map_err(|_| self.cursor.error_since(start, format!("two operands (not {count})")))
    }

    fn pairs(&mut self, close: char) -> Result<Vec<Operand>, SpaceError> {
        let mut operands = Vec::new();
        self.items(close, |reader| {
            operands.push(reader.pair()?);
            Ok(())
        })?;
        Ok(operands)
    }

    fn pair(&mut self) -> Result<Operand, SpaceError> {
        let close = self.open("an operand such as ('skip_connect', 0)")?;
        let primitive = self.primitive()?;
        self.cursor.require(',')?;
        let source = self.cursor.number().ok_or_else(|| self.cursor.error("the number of a source"))?;
        self.cursor.take(',');
        self.cursor.require(close)?;
        Ok(Operand { source, primitive })
    }

    /// Names that the space lacks but the field knows are left to [`DartsSpace::architecture`].
    fn primitive(&mut self) -> Result<Primitive, SpaceError> {
        let start = self.cursor.offset();
        let name = self.cursor.quoted().ok_or_else(|| self.cursor.error("the name of an operation in quotes"))?;
        Primitive::from_name(name).ok_or_else(|| self.cursor.error_since(start, self.operation_names(name)))
    }

    fn operation_names(&self, unknown: &str) -> String {
        let known: Vec<&str> = self.space.primitives().iter().map(|primitive| primitive.name()).collect();
        let hint = match nearest(unknown, known.iter().copied()) {
            _ if unknown == "none" => "; 'none' is an edge that a genotype leaves out".to_owned(),
            Some(nearest) => format!("; did you mean '{nearest}'?"),
            None => String::new(),
        };
        format!("an operation of space {} ({}{hint})", self.space.name, known.join(", "))
    }

    /// `[2, 3, 4, 5]` or `range(2, 6)`: all intermediate nodes, as in every space here.
    fn concat(&mut self) -> Result<(), SpaceError> {
        let all = INPUTS..INPUTS + NODES;
        let expected =
            format!("all intermediate nodes, {:?} or range({}, {})", all.clone().collect::<Vec<_>>(), all.start, all.end);
        let start = self.cursor.offset();
        let is_range = self.cursor.word() == Some("range");
        let close = self.open(&expected)?;
        let mut numbers = Vec::new();
        self.items(close, |reader| {
            numbers.push(reader.cursor.number().ok_or_else(|| reader.cursor.error("the number of a node"))?);
            Ok(())
        })?;
        let is_all = if is_range { numbers == [all.start, all.end] } else { numbers.iter().copied().eq(all) };
        if is_all { Ok(()) } else { Err(self.cursor.error_since(start, expected)) }
    }

    /// Reads an opening bracket and says which one closes it.
    fn open(&mut self, expected: &str) -> Result<char, SpaceError> {
        match () {
            () if self.cursor.take('[') => Ok(']'),
            () if self.cursor.take('(') => Ok(')'),
            () => Err(self.cursor.error(expected)),
        }
    }

    /// Reads items between commas up to and including the closing bracket.
    fn items(&mut self, close: char, mut item: impl FnMut(&mut Self) -> Result<(), SpaceError>) -> Result<(), SpaceError> {
        while !self.cursor.take(close) {
            item(self)?;
            if self.cursor.take(',') {
                continue;
            }
            if self.cursor.take(close) {
                break;
            }
            return Err(self.cursor.error(format!("',' or '{close}'")));
        }
        Ok(())
    }
}

fn field_names(nearest: Option<&str>) -> String {
    let hint = nearest.map(|nearest| format!("; did you mean {nearest}?")).unwrap_or_default();
    format!("a field ({}{hint})", FIELDS.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonas_core::SearchSpace;

    const V1: &str = "DARTS_V1 = Genotype(normal=[('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('skip_connect', 0), ('sep_conv_3x3', 1), \
        ('skip_connect', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('skip_connect', 2)], normal_concat=[2, 3, 4, 5], \
        reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 0), ('max_pool_3x3', 0), \
        ('skip_connect', 2), ('skip_connect', 2), ('avg_pool_3x3', 0)], reduce_concat=[2, 3, 4, 5])";
    const CELL: &str = "[('sep_conv_3x3', 0), ('skip_connect', 1), ('sep_conv_3x3', 0), ('skip_connect', 1), \
        ('sep_conv_3x3', 0), ('skip_connect', 1), ('sep_conv_3x3', 0), ('skip_connect', 1)]";

    fn refusal(text: &str) -> String {
        DartsSpace::darts().parse(text).expect_err("not a genotype").to_string()
    }

    #[test]
    fn published_genotypes_are_read_as_they_are_meant() {
        let space = DartsSpace::darts();
        let read = space.genotype(&space.parse(V1).expect("a published genotype"));
        let pair = |node: [Operand; 2]| node.map(|operand| (operand.primitive.name(), operand.source));
        assert_eq!(pair(read.normal.nodes[0]), [("sep_conv_3x3", 1), ("sep_conv_3x3", 0)]);
        assert_eq!(pair(read.normal.nodes[3]), [("sep_conv_3x3", 0), ("skip_connect", 2)]);
        assert_eq!(pair(read.reduce.nodes[1]), [("skip_connect", 2), ("max_pool_3x3", 0)]);
        assert_eq!(pair(read.reduce.nodes[3]), [("skip_connect", 2), ("avg_pool_3x3", 0)]);
        assert_eq!(read.to_string(), V1["DARTS_V1 = ".len()..].replace("[2, 3, 4, 5]", "range(2, 6)"));
    }

    #[test]
    fn the_published_bonas_cell_is_read() {
        let cell = "[('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 1), ('sep_conv_3x3', 0), ('sep_conv_3x3', 0), \
            ('max_pool_3x3', 0), ('sep_conv_3x3', 0), ('dil_conv_3x3', 0)]";
        let text = format!("Genotype(normal={cell}, normal_concat=range(2, 6), reduce={cell}, reduce_concat=range(2, 6))");
        let space = DartsSpace::bonas();
        let read = space.parse(&text).expect("the candidate of the paper");
        assert_eq!(read.decisions(), [1, 2, 0, 1, 1, 1, 0, 2, 0, 2, 0, 0, 0, 2, 0, 3]);
        assert_eq!(space.format(&read), text);
        // DARTS itself wants distinct sources.
        assert!(DartsSpace::darts().parse(&text).is_err());
    }

    #[test]
    fn every_notation_reads_as_the_same() {
        let space = DartsSpace::darts();
        let expected = space.parse(V1).expect("a published genotype");
        let genotype = space.genotype(&expected);
        let flat = |cell: &DartsCell| cell.nodes.iter().flatten().copied().collect::<Vec<Operand>>();
        let json = serde_json::json!({
            "normal": flat(&genotype.normal), "normal_concat": [2, 3, 4, 5],
            "reduce": flat(&genotype.reduce), "reduce_concat": [2, 3, 4, 5],
        });
        for text in [
            V1.replace('\'', "\"").replace(' ', "\n\t "),
            V1.replace(' ', "").replace("[2,3,4,5]", "range(2,6)"),
            V1.replace(')', ",)").replace(']', " , ]").replace("(('", "[('"),
            V1.replace("DARTS_V1 = ", "").replace("normal_concat=[2, 3, 4, 5], ", ""),
            json.to_string(),
            serde_json::to_string(&genotype).expect("plain data"),
            serde_json::to_string_pretty(&genotype).expect("plain data"),
        ] {
            assert_eq!(space.parse(&text).unwrap_or_else(|error| panic!("{text}: {error}")), expected);
        }
    }

    #[test]
    fn unknown_operations_are_answered_with_the_nearest() {
        insta::assert_snapshot!(refusal(&V1.replacen("sep_conv_3x3", "sep_conv_3x4", 1)), @"cannot read the architecture at byte 29: expected an operation of space darts (max_pool_3x3, avg_pool_3x3, skip_connect, sep_conv_3x3, sep_conv_5x5, dil_conv_3x3, dil_conv_5x5; did you mean 'sep_conv_3x3'?), found `'sep_conv_3x4'`");
        insta::assert_snapshot!(refusal(&V1.replacen("sep_conv_3x3", "none", 1)), @"cannot read the architecture at byte 29: expected an operation of space darts (max_pool_3x3, avg_pool_3x3, skip_connect, sep_conv_3x3, sep_conv_5x5, dil_conv_3x3, dil_conv_5x5; 'none' is an edge that a genotype leaves out), found `'none'`");
        insta::assert_snapshot!(refusal(&V1.replacen("sep_conv_3x3", "attention", 1)), @"cannot read the architecture at byte 29: expected an operation of space darts (max_pool_3x3, avg_pool_3x3, skip_connect, sep_conv_3x3, sep_conv_5x5, dil_conv_3x3, dil_conv_5x5), found `'attention'`");
        let text = format!("Genotype(normal={CELL}, reduce={CELL})").replacen("sep_conv_3x3", "sep_conv_5x5", 1);
        insta::assert_snapshot!(DartsSpace::bonas().parse(&text).expect_err("not one of the four"), @"unknown operation 'sep_conv_5x5' in space bonas-darts; did you mean 'sep_conv_3x3'? It has: max_pool_3x3, skip_connect, sep_conv_3x3, dil_conv_3x3");
    }

    #[test]
    fn fields_are_checked() {
        assert!(DartsSpace::darts().parse("Genotype()\u{3000}").is_err(), "white space of several bytes");
        insta::assert_snapshot!(refusal(&V1.replace("reduce_concat", "reduce_conct")), @"cannot read the architecture at byte 402: expected a field (normal, normal_concat, reduce, reduce_concat; did you mean reduce_concat?), found `reduce_conct`");
        insta::assert_snapshot!(refusal(&V1.replace("normal_concat=[2, 3, 4, 5]", "normal_concat=[3, 4, 5]")), @"cannot read the architecture at byte 211: expected all intermediate nodes, [2, 3, 4, 5] or range(2, 6), found `[3, 4, 5]`");
        insta::assert_snapshot!(refusal(&V1.replace("normal_concat=[2, 3, 4, 5]", "normal_concat=range(2, 5)")), @"cannot read the architecture at byte 211: expected all intermediate nodes, [2, 3, 4, 5] or range(2, 6), found `range(2, 5)`");
        insta::assert_snapshot!(refusal(&format!("Genotype(normal={CELL})")), @"cannot read the architecture at byte 184: expected the field reduce, found `)`");
        insta::assert_snapshot!(refusal(&format!("Genotype(normal={CELL}, normal={CELL})")), @"cannot read the architecture at byte 186: expected the field normal only once, found `normal`");
        insta::assert_snapshot!(refusal(&format!("{{\"normal\"={CELL}}}")), @"cannot read the architecture at byte 9: expected ':', found `=[('sep_conv_3x3', 0), (…`");
    }

    #[test]
    fn cells_are_counted() {
        insta::assert_snapshot!(refusal("Genotype(normal=[('skip_connect', 0)], reduce=[])"), @"cannot read the architecture at byte 16: expected two operands per node (not 1 in all), found `[('skip_connect', 0)]`");
        insta::assert_snapshot!(refusal("Genotype(normal=[], reduce=[])"), @"cannot read the architecture at byte 16: expected 4 nodes of two operands (not 0 nodes), found `[]`");
        insta::assert_snapshot!(refusal("{\"normal\": [[[\"skip_connect\", 0]]]}"), @r#"cannot read the architecture at byte 12: expected two operands (not 1), found `[["skip_connect", 0]]`"#);
        insta::assert_snapshot!(refusal(&V1.replacen("('sep_conv_3x3', 0)", "('sep_conv_3x3', 0, 1)", 1)), @"cannot read the architecture at byte 69: expected ')', found `1), ('skip_connect', 0),…`");
        insta::assert_snapshot!(refusal(&V1.replacen("('sep_conv_3x3', 0)", "('sep_conv_3x3', -1)", 1)), @"cannot read the architecture at byte 66: expected the number of a source, found `-1), ('skip_connect', 0)…`");
        insta::assert_snapshot!(refusal(&V1.replacen("('sep_conv_3x3', 0)", "(sep_conv_3x3, 0)", 1)), @"cannot read the architecture at byte 50: expected the name of an operation in quotes, found `sep_conv_3x3, 0), ('skip…`");
        insta::assert_snapshot!(refusal(&V1.replacen("('sep_conv_3x3', 0)", "'sep_conv_3x3'", 1)), @"cannot read the architecture at byte 49: expected an operand such as ('skip_connect', 0), found `'sep_conv_3x3', ('skip_c…`");
    }

    #[test]
    fn other_texts_are_refused_at_their_first_odd_place() {
        insta::assert_snapshot!(refusal(""), @"cannot read the architecture at byte 0: expected Genotype(…) or a JSON object, found the end of the text");
        insta::assert_snapshot!(refusal("__import__('os').system('true')"), @"cannot read the architecture at byte 0: expected Genotype(…) or a JSON object, found `__import__`");
        insta::assert_snapshot!(refusal("a = b = Genotype()"), @"cannot read the architecture at byte 4: expected Genotype(…), found `b`");
        insta::assert_snapshot!(refusal(&format!("{V1} + 1")), @"cannot read the architecture at byte 430: expected the end of the text, found `+ 1`");
        insta::assert_snapshot!(refusal("|skip_connect~0|"), @"cannot read the architecture at byte 0: expected Genotype(…) or a JSON object, found `|skip_connect~0|`");
    }
}
