//! Generates the JavaScript bindings of the wasm module.

use std::path::Path;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

/// Writes `index.js`, `index_bg.wasm` and the JavaScript snippets of the crates to `out_dir`.
pub fn generate(wasm: &Path, out_dir: &Path) -> Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen.module(true)?;
    bindgen
        .input_path(wasm)
        .out_name("index")
        // After a panic the shim starts a fresh instance: it needs the first to do so and the second to notice.
        .reset_state_function(true)
        .force_enable_abort_handler(true)
        .generate(out_dir)
        .context("cannot generate the bindings")
}
