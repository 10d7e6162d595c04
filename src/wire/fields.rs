//! Reads JSON objects key by key, so that an error can name the field.
//!
//! `serde_json::Value` is not used: its maps and its floating-point numbers are a tenth of the Worker's size.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::ApiError;

/// A JSON object whose values are taken out one by one. If a key occurs twice, the last value counts.
pub struct Fields(Vec<(String, Value)>);

/// A value in an object: one of the kinds that the protocol uses, or `Other`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `null`
    Null,
    /// A string.
    Text(String),
    /// A whole number that is not negative. JSON may write it as 60 or as 60.0.
    Whole(u64),
    /// Any other number, a boolean, an array or an object.
    Other,
}

impl Fields {
    /// Fails with `BadRequest` unless `raw` is a JSON object.
    pub fn parse(raw: &str) -> Result<Self, ApiError> {
        serde_json::from_str(raw)
            .map_err(|_| ApiError::BadRequest { field: "body", problem: "must be a JSON object" })
    }

    /// The value of a field. `None`: it is absent.
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.0.iter().rfind(|(name, _)| name == field).map(|(_, value)| value)
    }

    /// Takes a string out. `None`: it is absent or null. Fails with `BadRequest` for any other value.
    pub fn text(&mut self, field: &'static str) -> Result<Option<String>, ApiError> {
        match self.take(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(_) => Err(ApiError::BadRequest { field, problem: "must be a string" }),
        }
    }

    /// Takes a string out and parses it. Fails with `BadRequest` and `problem` if `parse` returns `None`.
    pub fn parsed<T>(
        &mut self,
        field: &'static str,
        parse: impl Fn(&str) -> Option<T>,
        problem: &'static str,
    ) -> Result<Option<T>, ApiError> {
        let text = self.text(field)?;
        text.map(|raw| parse(&raw).ok_or(ApiError::BadRequest { field, problem })).transpose()
    }

    /// Takes a whole number out. `None`: it is absent or null. Fails with `BadRequest` for any other value.
    pub fn whole_number(
        &mut self,
        field: &'static str,
        is_allowed: impl Fn(u64) -> bool,
        problem: &'static str,
    ) -> Result<Option<u64>, ApiError> {
        match self.take(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Whole(number)) if is_allowed(number) => Ok(Some(number)),
            Some(_) => Err(ApiError::BadRequest { field, problem }),
        }
    }

    fn take(&mut self, field: &str) -> Option<Value> {
        let index = self.0.iter().rposition(|(name, _)| name == field)?;
        Some(self.0.swap_remove(index).1)
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Fields;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Fields, A::Error> {
        let mut fields = vec![];
        while let Some(field) = object.next_entry()? {
            fields.push(field);
        }
        Ok(Fields(fields))
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Whole(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(u64::try_from(number).map_or(Value::Other, Value::Whole))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        let is_whole = number >= 0.0 && number.fract() == 0.0;
        Ok(if is_whole { Value::Whole(number as u64) } else { Value::Other })
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        while items.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_null_and_present_values_are_distinguished() {
        let raw =
            r#"{"a":null,"b":"x","c":7,"d":7.0,"e":-7,"f":7.5,"g":true,"h":[[1]],"i":{"j":{}},"b":"y"}"#;
        let fields = Fields::parse(raw).unwrap();

        assert_eq!(fields.get("a"), Some(&Value::Null));
        assert_eq!(fields.get("b"), Some(&Value::Text("y".to_owned())));
        assert_eq!((fields.get("c"), fields.get("d")), (Some(&Value::Whole(7)), Some(&Value::Whole(7))));
        for other in ["e", "f", "g", "h", "i"] {
            assert_eq!(fields.get(other), Some(&Value::Other), "{other}");
        }
        assert_eq!(fields.get("j"), None);
    }

    #[test]
    fn anything_but_an_object_is_refused() {
        for raw in ["", "[]", "7", "null", "\"a\"", "{", "{}x", r#"{"a"}"#] {
            assert!(Fields::parse(raw).is_err(), "{raw}");
        }
    }
}
