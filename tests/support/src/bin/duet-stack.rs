//! Starts a Worker with its store, for tests in other languages and for trying things by hand:
//!
//! ```text
//! duet-stack --store embedded|upstash [--var NAME:VALUE]...
//! ```
//!
//! Says `{"baseUrl": …, "upstashUrl": …}` in one line once it is ready, and ends everything when standard input ends
//! or on SIGTERM or SIGINT.

use std::{env, io::Read, process::ExitCode, thread};

use duet_test_support::{Stack, StoreKind};
use tokio::{
    runtime::Builder,
    select,
    signal::unix::{SignalKind, signal},
    sync::oneshot,
};

fn main() -> ExitCode {
    let ended = read_arguments(env::args().skip(1)).and_then(|(store, vars)| run(store, &vars));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(said) => {
            eprintln!("duet-stack: {said}");
            ExitCode::FAILURE
        }
    }
}

fn run(store: StoreKind, vars: &[(String, String)]) -> Result<(), String> {
    let vars: Vec<(&str, &str)> = vars.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let stack = Stack::start(store, &vars)?;
    let upstash_url = (store == StoreKind::Upstash).then(|| stack.upstash().url());
    println!("{}", serde_json::json!({ "baseUrl": stack.base_url(), "upstashUrl": upstash_url }));
    wait_for_end().map_err(|error| error.to_string())
}

fn read_arguments(
    mut arguments: impl Iterator<Item = String>,
) -> Result<(StoreKind, Vec<(String, String)>), String> {
    let (mut store, mut vars) = (StoreKind::Embedded, vec![]);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{name} wants a value"))?;
        match name.as_str() {
            "--store" => store = value.parse()?,
            "--var" => {
                let (name, value) = value.split_once(':').ok_or("--var wants NAME:VALUE")?;
                vars.push((name.to_owned(), value.to_owned()));
            }
            _ => return Err(format!("{name} is not known: --store and --var are")),
        }
    }
    Ok((store, vars))
}

fn wait_for_end() -> std::io::Result<()> {
    let (closed, is_closed) = oneshot::channel();
    thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut vec![]);
        let _ = closed.send(());
    });
    Builder::new_current_thread().enable_io().build()?.block_on(async {
        let (mut terminate, mut interrupt) =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        select! {
            _ = is_closed => {}
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        Ok(())
    })
}
