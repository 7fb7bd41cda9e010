use super::rules::{Limit, Rules};
use super::{CountLimit, CustomSpaceError, MOST_OPTIONS};
use crate::nearest::nearest;

type Checked<T> = Result<T, CustomSpaceError>;

/// The operations of a space, numbered in the order in which they are first named.
#[derive(Debug, Default)]
pub(super) struct Operations(pub(super) Vec<String>);

impl Operations {
    /// Numbers of a list of operations; the list of the space stands for one that is left out.
    pub(super) fn list(&mut self, place: &str, own: &[String], common: &[String]) -> Checked<Vec<usize>> {
        let (place, names) = match own.is_empty() {
            true => ("operations".to_string(), common),
            false => (format!("{place}, operations"), own),
        };
        if names.is_empty() {
            let remedy = "list its operations, or those of the whole space at the top, as in operations = [\"conv3\", \"skip\"]";
            return Err(CustomSpaceError::invalid(place, "there is no operation", remedy));
        }
        if names.len() >= MOST_OPTIONS {
            let problem = format!("there are {} operations", names.len());
            return Err(CustomSpaceError::invalid(place, problem, format!("list fewer than {MOST_OPTIONS}")));
        }
        let mut numbers = Vec::new();
        for name in names {
            check_name(&place, name)?;
            let number = self.number(name);
            if numbers.contains(&number) {
                return Err(CustomSpaceError::invalid(place, format!("'{name}' is listed twice"), "list every operation once"));
            }
            numbers.push(number);
        }
        Ok(numbers)
    }

    fn number(&mut self, name: &str) -> usize {
        self.0.iter().position(|known| known == name).unwrap_or_else(|| {
            self.0.push(name.into());
            self.0.len() - 1
        })
    }

    /// The rules of a cell, or of the space, in which only the operations of `list` occur.
    pub(super) fn rules(
        &self,
        place: &str,
        at_most: &[CountLimit],
        at_least: &[CountLimit],
        forbid: &[Vec<String>],
        list: &[usize],
    ) -> Checked<Rules> {
        let mut rules = Rules::default();
        for limit in at_most {
            let operation = self.known(&format!("{place}at_most"), &limit.operation, list)?;
            rules.limits.push(Limit { operation, at_least: 0, at_most: limit.count });
        }
        for limit in at_least {
            let operation = self.known(&format!("{place}at_least"), &limit.operation, list)?;
            rules.limits.push(Limit { operation, at_least: limit.count, at_most: usize::MAX });
        }
        for sequence in forbid {
            let place = format!("{place}forbid");
            if sequence.len() < 2 {
                let remedy = "name at least two that may not follow one another; leave a single one out of operations instead";
                return Err(CustomSpaceError::invalid(place, format!("a list of {}", sequence.len()), remedy));
            }
            rules.forbid.push(sequence.iter().map(|name| self.known(&place, name, list)).collect::<Checked<_>>()?);
        }
        Ok(rules)
    }

    fn known(&self, place: &str, name: &str, list: &[usize]) -> Checked<usize> {
        let known = || list.iter().map(|&operation| self.0[operation].as_str());
        if let Some(&operation) = list.iter().find(|&&operation| self.0[operation] == name) {
            return Ok(operation);
        }
        let remedy = match nearest(name, known()) {
            Some(nearest) => format!("did you mean '{nearest}'?"),
            None => format!("it has: {}", known().collect::<Vec<_>>().join(", ")),
        };
        Err(CustomSpaceError::invalid(place, format!("there is no operation '{name}' here"), remedy))
    }
}

fn check_name(place: &str, name: &str) -> Checked<()> {
    let bad = |c: char| c.is_control() || c == '\'' || c == '"';
    let problem = match name {
        "" => "a name is empty".into(),
        _ if name.trim() != name => format!("'{name}' begins or ends with a blank"),
        _ if name.contains(bad) => format!("{name:?} has a quote or a control character"),
        _ => return Ok(()),
    };
    Err(CustomSpaceError::invalid(place, problem, "give it another name"))
}

/// Names of spaces: small letters, digits and `-`.
pub(super) fn check_space(name: &str) -> Checked<()> {
    let valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    match !name.is_empty() && name.chars().all(valid) {
        true => Ok(()),
        false => {
            let problem = if name.is_empty() { "there is no name".into() } else { format!("'{name}' is no name for a space") };
            Err(CustomSpaceError::invalid("name", problem, "use small letters, digits and '-', as in name = \"my-cells\""))
        }
    }
}

/// Names of cells: a letter, then letters, digits, `_` and `-`.
pub(super) fn check_cell(place: &str, name: &str) -> Checked<()> {
    let valid = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    match name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(valid) {
        true => Ok(()),
        false => {
            let remedy = "begin with a letter and use letters, digits, '_' and '-', as in name = \"normal\"";
            Err(CustomSpaceError::invalid(format!("{place}, name"), format!("'{name}' is no name for a cell"), remedy))
        }
    }
}
