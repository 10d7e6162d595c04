//! Generates the JavaScript that Rust calls and is called by.

use std::path::Path;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

/// Writes `index.js` and `index_bg.wasm`, and the snippets of JavaScript that crates bring along.
pub fn generate(wasm: &Path, out_dir: &Path) -> Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen.module(true)?;
    bindgen
        .input_path(wasm)
        .out_name("index")
        // After a panic the shim starts a fresh instance: it needs the one to do so and the other to notice.
        .reset_state_function(true)
        .force_enable_abort_handler(true)
        .generate(out_dir)
        .context("cannot generate the bindings")
}
