use super::{CHAIN, EDGE_LISTS, FIXED_NODES, FREE, NAS_BENCH_201, OPERAND_LISTS, OPERANDS, SMALL, TWO_CELLS, space};
use bonas_core::{SearchSpace, SeedStream};

#[test]
fn texts_are_short_and_read_back() {
    let written: Vec<String> = SMALL
        .iter()
        .map(|text| {
            let space = space(text);
            space.format(&space.sample(&mut SeedStream::new(5).rng("test", 0)))
        })
        .collect();
    insta::assert_snapshot!(written.join("\n"), @r#"
cell(0>1:skip_connect, 0>2:nor_conv_1x1, 1>2:none, 0>3:nor_conv_1x1, 1>3:nor_conv_3x3, 2>3:none)
cell(0>1:maß, 0+1>2:maß, 1+2>3:'conv 3x3', 0+3>4:maß)
cell(0>1:b, 0>2:b, 1+2>3:a, 0+3>4)
cell(0>1:b, 1>2:a, 0>3:a, 1>3:a, 2>3:b)
cell(0>2:skip, 1>2:sep, 0>3:skip, 2>3:sep)
normal(0>1:a, 1>2:b, 2>3) reduction(0>1:a, 0>2:a, 1>2:b) network(narrow)
stem|conv3|conv|conv3|head
pool|skip|pool|pool|conv|conv
cell(2:a, 3:b, 4:a)
cell(0>1:b, 0>2:c, 1+2>3:c, 0+3>4)
cell(0>1:stem, 0+1>2:pool, 1+2>3:pool, 0+3>4:conv)
cell(0>1:stem, 0>2:conv, 1>2:none, 0>3:pool, 1>3:none, 2>3:conv)
cell(0>1:a, 1>2:b, 0>3:b, 2>3:b)
cell(0>2:skip, 1>2:sep, 0>3:pool, 2>3:skip)
"#);
}

#[test]
fn other_forms_are_read_where_they_are_unambiguous() {
    let same = |text: &str, left: &str, right: &str| {
        let read = |form: &str| space(text).parse(form).unwrap_or_else(|error| panic!("{form}: {error}"));
        assert_eq!(read(left), read(right));
    };
    let cell = "cell(0>1:none, 0>2:nor_conv_3x3, 1>2:none, 0>3:none, 1>3:none, 2>3:skip_connect)";
    same(NAS_BENCH_201, cell, "0 3 0 0 0 1");
    same(NAS_BENCH_201, cell, "none|nor_conv_3x3|none|none|none|skip_connect");
    same(NAS_BENCH_201, cell, "cell(2>3:skip_connect,1>3:none,0>3:none,1>2 : none,0>1:none,\n0>2:'nor_conv_3x3')");
    same(CHAIN, "stem|conv|conv3|skip|conv", "0 0 1 2 1");
    same(CHAIN, "stem|conv|conv3|skip|conv3", "network( stem | conv | \"conv3\" | skip | conv3 )");
    same(FIXED_NODES, "cell(2:c, 3:b, 4:a)", "c|b|a");
    let cell = "cell(0>1:stem, 0>2:conv, 1>2:none, 0>3:pool, 1>3:none, 2>3:conv)";
    same(EDGE_LISTS, cell, "stem|conv|none|pool|none|conv");
    same(EDGE_LISTS, cell, "0 1 0 1 1 0");
    same(FREE, "cell(0>1:a, 0>2:b, 2+1>3:b, 3>4)", "cell(3>4, 1+2>3:b, 0>2:b, 0>1:a)");
}

#[test]
fn names_that_begin_with_a_digit_are_no_numbers() {
    let space = space("name = 'x'\noperations = ['3', '5x5', '5']\n[[stages]]\nrepeat = 2");
    assert_eq!(space.parse("5|3").expect("names").decisions(), [2, 0]);
    assert_eq!(space.format(&space.parse("3|5x5").expect("names")), "3|'5x5'");
    insta::assert_snapshot!(space.parse("1 0").expect_err("numbers"), @"unknown operation '1' at byte 0 in space x; it has: 3, 5x5, 5");
}

#[test]
fn errors_name_the_place_and_the_nearest_operation() {
    let message = |text: &str, form: &str| space(text).parse(form).expect_err(form).to_string();
    let messages = [
        message(CHAIN, "stem|conv|conf3|skip|head"),
        message(CHAIN, "stem|conv|conv3|skip|skip"),
        message(CHAIN, "stem|conv|conv3|skip"),
        message(CHAIN, "0 1 3 0 0"),
        message(CHAIN, "0 1 2 0"),
        message(NAS_BENCH_201, "cell(0>1:none, 0>1:none)"),
        message(NAS_BENCH_201, "cell(0>1:none, 0>4:none)"),
        message(NAS_BENCH_201, "cell(0>1:none)"),
        message(NAS_BENCH_201, "cell(0>1)"),
        message(NAS_BENCH_201, "cel(0>1:none)"),
        message(OPERANDS, "cell(0>1:maß, 0>2:maß, 0+1>3:maß, 0+1>4:maß)"),
        message(OPERANDS, "cell(0>1:maß, 0+0>2:maß)"),
        message(OPERANDS, "cell(0>1:mass)"),
        message(OPERANDS, "cell(0>5:maß)"),
        message(EDGE_LISTS, "cell(0>1:stem, 0>2:conv, 1>2:none, 0>3:pool, 1>3:conv, 2>3:conv)"),
        message(EDGE_LISTS, "conv|conv|none|pool|none|conv"),
        message(OPERAND_LISTS, "cell(0>1:stem, 0+1>2:skip, 1+2>3:pool, 0+3>4:conv)"),
        message(FREE, "cell(0>1:a, 0>2:b, 1>3:a, 3>4)"),
        message(TWO_CELLS, "normal(0>1:b, 1>2:b, 2>3) reduction(0>1:a, 0>2:a, 1>2:a) network(wide)"),
        message(TWO_CELLS, "normal(0>1:b, 1>2:a, 2>3) reduction(0>1:b, 0>2:b, 1>2:a) network(wide)"),
        message(TWO_CELLS, "normal(0>1:a, 1>2:a, 2>3) network(wide)"),
    ];
    insta::assert_snapshot!(messages.join("\n"), @r#"
unknown operation 'conf3' at byte 10 in space chain; did you mean 'conv3'? It has: conv, conv3, skip
unknown operation 'skip' at byte 21 in space chain; it has: conv3, conv, head
cannot read the architecture at byte 20: expected '|', found the end of the text
cannot read the architecture at byte 4: expected a number below 3, found `3`
cannot read the architecture at byte 7: expected a number, found the end of the text
cannot read the architecture at byte 15: expected a place that was not named before, found `0>1:none`
cannot read the architecture at byte 17: expected a node from 1 to 3, found `4`
cannot read the architecture at byte 13: expected an edge into node 2 from each of 0, 1, found `)`
cannot read the architecture at byte 8: expected ':', found `)`
cannot read the architecture at byte 0: expected 'cell', found `cel(0>1:none)`
cannot read the architecture at byte 15: expected 2 different sources of node 2, from 0 to 1, found `0>2:maß, 0+1>3:maß, 0+1>…`
cannot read the architecture at byte 15: expected different sources, found `0+0>2`
unknown operation 'mass' at byte 9 in space operands; it has: conv 3x3, maß, a(b)
cannot read the architecture at byte 7: expected a node from 1 to 4, found `5`
unknown operation 'conv' at byte 49 in space edge-lists; it has: skip, none
unknown operation 'conv' at byte 0 in space edge-lists; it has: stem
unknown operation 'skip' at byte 21 in space operand-lists; it has: conv, pool
not an architecture of space free: cell: node 2 is read by nothing
not an architecture of space two-cells: normal: operations 'b', 'b' follow one another, which is forbidden
not an architecture of space two-cells: operation 'b' is used 3 times; at most 2 are allowed
cannot read the architecture at byte 26: expected 'reduction', found `network(wide)`
"#);
}
