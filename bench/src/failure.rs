//! Why a measurement could not be made. Whoever runs it reads it once; nothing here is handled by kind.

/// Any failure, as a sentence.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What a measurement returns.
pub type Outcome<T> = Result<T, Failure>;
