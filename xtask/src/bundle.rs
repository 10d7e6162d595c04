//! Bundles the generated files into one JavaScript file and an optimised wasm module.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::project::{Project, run};

/// The files of a finished build.
pub const OUTPUTS: [&str; 2] = ["index.js", "index_bg.wasm"];

/// The features that rustc and wasm-bindgen use, and no others: not every workerd supports newer ones.
const WASM_FEATURES: [&str; 7] = [
    "--enable-mutable-globals",
    "--enable-sign-ext",
    "--enable-nontrapping-float-to-int",
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-reference-types",
    "--enable-exception-handling",
];

/// Replaces `index.js` with a bundle of `shim.js` and its imports, and `index_bg.wasm` with a smaller module.
pub fn bundle_and_optimize(project: &Project, dir: &Path) -> Result<()> {
    bundle(project, dir)?;
    load_wasm_as_cloudflare_does(&dir.join("index.js"))?;
    optimize(project, dir)
}

fn bundle(project: &Project, dir: &Path) -> Result<()> {
    let mut esbuild = project.npm_tool("esbuild")?;
    esbuild
        .current_dir(dir)
        .args(["shim.js", "--bundle", "--format=esm", "--minify", "--log-level=warning"])
        .args([
            "--external:./index_bg.wasm",
            "--external:cloudflare:*",
            "--outfile=index.js",
            "--allow-overwrite",
        ]);
    run(&mut esbuild, "esbuild")
}

/// wasm-bindgen writes a source phase import, `import source module from "x.wasm"`. On Cloudflare, a plain import
/// yields the module.
fn load_wasm_as_cloudflare_does(index_js: &Path) -> Result<()> {
    let source = fs::read_to_string(index_js).context("esbuild left no bundle")?;
    fs::write(index_js, source.replace("import source ", "import ")).context("cannot write the bundle")
}

/// More passes would make the file smaller, but larger once it is compressed, which is how it is transferred.
fn optimize(project: &Project, dir: &Path) -> Result<()> {
    let mut wasm_opt = project.npm_tool("wasm-opt")?;
    wasm_opt
        .current_dir(dir)
        .args(["-O1", "--strip-debug", "--strip-producers", "--strip-target-features"])
        .args(WASM_FEATURES)
        .args(["index_bg.wasm", "-o", "index_bg.wasm"]);
    run(&mut wasm_opt, "wasm-opt")
}
