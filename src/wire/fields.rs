//! Reads JSON objects key by key, so that a refusal can name the field.

use serde_json::{Map, Value};

use super::ApiError;

/// A JSON object whose values are taken out one by one.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// Fails with `BadRequest` for anything but a JSON object.
    pub(super) fn parse(raw: &str) -> Result<Self, ApiError> {
        match serde_json::from_str(raw) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            _ => Err(ApiError::BadRequest { field: "body", problem: "must be a JSON object" }),
        }
    }

    /// Looks at a string without taking it out.
    pub(super) fn peek_text(&self, field: &str) -> Option<&str> {
        self.0.get(field).and_then(Value::as_str)
    }

    /// Takes a string out; `None` where it is absent or null.
    pub(super) fn text(&mut self, field: &'static str) -> Result<Option<String>, ApiError> {
        match self.0.remove(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(ApiError::BadRequest { field, problem: "must be a string" }),
        }
    }

    /// Takes a string out and checks it with `parse`. `problem` says what is wrong where `parse` returns `None`.
    pub(super) fn parsed<T>(
        &mut self,
        field: &'static str,
        parse: impl Fn(&str) -> Option<T>,
        problem: &'static str,
    ) -> Result<Option<T>, ApiError> {
        let text = self.text(field)?;
        text.map(|raw| parse(&raw).ok_or(ApiError::BadRequest { field, problem })).transpose()
    }

    /// Takes a whole number out, which JSON may write as 60 or as 60.0; `None` where it is absent or null.
    pub(super) fn whole_number(
        &mut self,
        field: &'static str,
        is_allowed: impl Fn(u64) -> bool,
        problem: &'static str,
    ) -> Result<Option<u64>, ApiError> {
        match self.0.remove(field) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match whole(&value).filter(|number| is_allowed(*number)) {
                Some(number) => Ok(Some(number)),
                None => Err(ApiError::BadRequest { field, problem }),
            },
        }
    }
}

fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| {
        value.as_f64().filter(|number| *number >= 0.0 && number.fract() == 0.0).map(|number| number as u64)
    })
}
