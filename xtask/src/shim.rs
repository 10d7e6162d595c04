//! Writes the Worker's entry point: handlers and classes, guarded so that a fresh instance replaces one that panicked.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

const TEMPLATE: &str = include_str!("shim.js");

/// Events whose handlers the platform calls with the event, the environment and the context.
const EVENTS: [&str; 5] = ["fetch", "queue", "scheduled", "email", "connect"];

/// Exports of the bindings that only the shim uses.
const INTERNAL: [&str; 2] = ["__wbg_reset_state", "__worker_init_state"];

/// Reads the bindings in `index.js` and writes `shim.js` next to them.
pub fn write(dir: &Path) -> Result<()> {
    let bindings = fs::read_to_string(dir.join("index.js")).context("the bindings are missing")?;
    fs::write(dir.join("shim.js"), shim_for(&bindings)).context("cannot write the shim")
}

fn shim_for(bindings: &str) -> String {
    let handlers: String = exported_functions(bindings).map(handler).collect();
    let classes: String = exported_classes(bindings).map(class).collect();
    TEMPLATE.replace("$HANDLERS\n", &handlers).replace("$CLASSES\n", &classes)
}

fn handler(name: &str) -> String {
    if EVENTS.contains(&name) {
        format!(
            "Entrypoint.prototype.{name} = function {name}(arg) {{
  return exports.{name}.call(this, arg, this.env, this.ctx)
}};\n"
        )
    } else {
        format!("Entrypoint.prototype.{name} = exports.{name}\n")
    }
}

fn class(name: &str) -> String {
    format!("export const {name} = new Proxy(exports.{name}, classProxyHooks)\n")
}

/// The exported functions. wasm-bindgen writes one declaration per line.
fn exported_functions(bindings: &str) -> impl Iterator<Item = &str> {
    bindings.lines().filter_map(exported_function).filter(|name| !INTERNAL.contains(name))
}

fn exported_function(line: &str) -> Option<&str> {
    let declaration =
        line.strip_prefix("export function ").or_else(|| line.strip_prefix("export async function "));
    if let Some(declaration) = declaration {
        return declaration.split_once('(').map(|(name, _)| name.trim());
    }
    let (_, renamed) = line.strip_prefix("export {")?.split_once(" as ")?;
    renamed.split_once('}').map(|(name, _)| name.trim())
}

fn exported_classes(bindings: &str) -> impl Iterator<Item = &str> {
    bindings
        .lines()
        .filter_map(|line| line.strip_prefix("export class ")?.split_once('{'))
        .map(|(name, _)| name.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BINDINGS: &str = "import source wasmModule from \"./index_bg.wasm\";
export class Room {
    fetch(request) {}
}
function helper() {}
export function __wbg_reset_state() {}
export function fetch(request, env, ctx) {}
export async function greet(name) {}
export { scheduled_js as scheduled };
export { __worker_init_state };
";

    #[test]
    fn events_are_called_with_environment_and_context() {
        let shim = shim_for(BINDINGS);

        assert!(shim.contains("return exports.fetch.call(this, arg, this.env, this.ctx)"));
        assert!(shim.contains("return exports.scheduled.call(this, arg, this.env, this.ctx)"));
    }

    #[test]
    fn other_functions_are_methods_as_they_are() {
        assert!(shim_for(BINDINGS).contains("Entrypoint.prototype.greet = exports.greet\n"));
    }

    #[test]
    fn classes_are_exported_behind_the_guard() {
        assert!(
            shim_for(BINDINGS).contains("export const Room = new Proxy(exports.Room, classProxyHooks)\n")
        );
    }

    #[test]
    fn what_is_internal_or_not_exported_is_no_handler() {
        let shim = shim_for(BINDINGS);

        assert!(!shim.contains("prototype.__wbg_reset_state"));
        assert!(!shim.contains("helper"));
        assert!(!shim.contains('$'));
    }
}
