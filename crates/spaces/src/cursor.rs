use bonas_core::SpaceError;
use std::ops::RangeInclusive;

/// How much of the text an error quotes.
const QUOTED_CHARACTERS: usize = 24;

/// A place in a text that is read token by token. White space before a token means nothing.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    text: &'a str,
    offset: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, offset: 0 }
    }

    /// Byte offset of the next token.
    pub(crate) fn offset(&mut self) -> usize {
        self.offset = self.text.len() - self.rest().trim_start().len();
        self.offset
    }

    /// Byte offset behind the last token.
    pub(crate) fn read_to(&self) -> usize {
        self.offset
    }

    /// Reads this character, if it is next.
    pub(crate) fn take(&mut self, token: char) -> bool {
        self.offset();
        let found = self.rest().starts_with(token);
        self.offset += if found { token.len_utf8() } else { 0 };
        found
    }

    /// Reads this character, which must be next.
    pub(crate) fn require(&mut self, token: char) -> Result<(), SpaceError> {
        if self.take(token) { Ok(()) } else { Err(self.error(format!("'{token}'"))) }
    }

    /// Reads an identifier, if one is next.
    pub(crate) fn word(&mut self) -> Option<&'a str> {
        self.offset();
        let starts = self.rest().starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        starts.then(|| self.take_while(|c| c.is_ascii_alphanumeric() || c == '_'))
    }

    /// Reads a string in single or double quotes and without escapes, if one is next.
    pub(crate) fn quoted(&mut self) -> Option<&'a str> {
        self.offset();
        let quote = self.rest().chars().next().filter(|&c| c == '\'' || c == '"')?;
        let content = self.rest()[1..].split_once(quote)?.0;
        self.offset += content.len() + 2;
        Some(content)
    }

    /// Reads a number without sign, if one that fits is next.
    pub(crate) fn number(&mut self) -> Option<usize> {
        self.offset();
        let mut ahead = self.clone();
        let number = ahead.take_while(|c| c.is_ascii_digit()).parse().ok()?;
        *self = ahead;
        Some(number)
    }

    /// Whether this text is next.
    pub(crate) fn is_next(&mut self, text: &str) -> bool {
        self.offset();
        self.rest().starts_with(text)
    }

    /// Reads this text, which must be next.
    pub(crate) fn literal(&mut self, text: &str) -> Result<(), SpaceError> {
        if !self.is_next(text) {
            return Err(self.error(format!("'{text}'")));
        }
        self.offset += text.len();
        Ok(())
    }

    /// Reads a single digit of this range, which must be next.
    pub(crate) fn digit(&mut self, range: RangeInclusive<u8>) -> Result<u8, SpaceError> {
        self.offset();
        let digit = self.rest().chars().next().and_then(|c| c.to_digit(10)).map(|digit| digit as u8);
        match digit.filter(|digit| range.contains(digit)) {
            Some(digit) => {
                self.offset += 1;
                Ok(digit)
            }
            None => Err(self.error(format!("a digit from {} to {}", range.start(), range.end()))),
        }
    }

    /// Reads the characters that belong together, as long as they do; none, if the next does not.
    pub(crate) fn run(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        self.offset();
        self.take_while(belongs)
    }

    /// Nothing may follow.
    pub(crate) fn end(&mut self) -> Result<(), SpaceError> {
        if self.offset() == self.text.len() { Ok(()) } else { Err(self.error("the end of the text")) }
    }

    /// The next token is not what the grammar allows here.
    pub(crate) fn error(&mut self, expected: impl Into<String>) -> SpaceError {
        let offset = self.offset();
        SpaceError::Syntax { offset, expected: expected.into(), found: excerpt(self.rest()) }
    }

    /// What was read from `offset` on is not what the grammar allows there.
    pub(crate) fn error_since(&self, offset: usize, expected: impl Into<String>) -> SpaceError {
        SpaceError::Syntax { offset, expected: expected.into(), found: excerpt(&self.text[offset..self.offset]) }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.offset..]
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        self.offset += length;
        &rest[..length]
    }
}

/// The start of a text, on one line.
fn excerpt(text: &str) -> String {
    if text.is_empty() {
        return "the end of the text".into();
    }
    let shown: String = text.chars().take(QUOTED_CHARACTERS).collect();
    let ellipsis = if shown.len() < text.len() { "…" } else { "" };
    format!("`{}{ellipsis}`", shown.escape_debug().to_string().replace("\\'", "'").replace("\\\"", "\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_read_across_white_space() {
        let mut cursor = Cursor::new(" a_1 = ( 'x y',\n\t\"it's\" 12 )\n");
        assert_eq!(cursor.word(), Some("a_1"));
        assert!(cursor.take('=') && cursor.take('('));
        assert_eq!(cursor.quoted(), Some("x y"));
        assert!(cursor.take(','));
        assert_eq!((cursor.quoted(), cursor.number()), (Some("it's"), Some(12)));
        assert!(cursor.require(')').is_ok() && cursor.end().is_ok());
    }

    #[test]
    fn what_is_not_there_is_not_read() {
        let mut cursor = Cursor::new("  'open");
        assert_eq!((cursor.word(), cursor.number(), cursor.quoted()), (None, None, None));
        assert_eq!(cursor.offset(), 2);
        assert_eq!(Cursor::new("99999999999999999999999").number(), None);
    }

    #[test]
    fn runs_end_where_another_character_comes() {
        let mut cursor = Cursor::new(" 0110|x");
        let mut bits = || cursor.run(|c| c == '0' || c == '1');
        assert_eq!((bits(), bits()), ("0110", ""));
        assert!(cursor.take('|'));
    }

    #[test]
    fn errors_quote_the_place() {
        let mut cursor = Cursor::new("ab é'\n and so on, and so on, and");
        cursor.word();
        insta::assert_snapshot!(cursor.error("a comma"), @r"cannot read the architecture at byte 3: expected a comma, found `é'\n and so on, and so on…`");
        insta::assert_snapshot!(cursor.error_since(0, "an x"), @"cannot read the architecture at byte 0: expected an x, found `ab `");
        insta::assert_snapshot!(Cursor::new(" ").require('(').expect_err("nothing"), @"cannot read the architecture at byte 1: expected '(', found the end of the text");
    }
}
