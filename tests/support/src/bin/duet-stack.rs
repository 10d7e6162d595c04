//! Starts a Worker with its store, for tests in other languages and for trying things by hand:
//!
//! ```text
//! duet-stack --store embedded|upstash [--var NAME:VALUE]...
//! ```
//!
//! Says `{"baseUrl": …, "upstashUrl": …}` in one line once it is ready. A line `kill` on standard input ends the Worker as
//! a crash would, and says so once it is gone; a line `start` starts it again on what it left, somewhere else, and says where
//! as at first. Everything ends when standard input does, or on SIGTERM or SIGINT.

use std::{env, process::ExitCode, thread};

use duet_test_support::{Stack, StoreKind};
use serde_json::json;
use tokio::{
    runtime::{Builder, Runtime},
    select,
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
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
    let mut stack = Stack::start(store, &vars)?;
    let mut orders = Orders::listen().map_err(|error| error.to_string())?;
    say_ready(&stack);
    while let Some(line) = orders.next() {
        match line.as_str() {
            "kill" => {
                stack.kill_worker();
                println!("{}", json!({ "isKilled": true }));
            }
            "start" => {
                stack.start_worker()?;
                say_ready(&stack);
            }
            _ => return Err(format!("{line:?} is not known: kill and start are")),
        }
    }
    Ok(())
}

fn say_ready(stack: &Stack) {
    let upstash_url = (stack.store() == StoreKind::Upstash).then(|| stack.upstash().url());
    println!("{}", json!({ "baseUrl": stack.base_url(), "upstashUrl": upstash_url }));
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

/// What it is told. Listens all the time, so that nothing is missed while something else is done.
struct Orders {
    runtime: Runtime,
    lines: UnboundedReceiver<String>,
    terminate: Signal,
    interrupt: Signal,
}

impl Orders {
    fn listen() -> std::io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_io().build()?;
        let (terminate, interrupt) = {
            let _inside = runtime.enter();
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?)
        };
        Ok(Self { runtime, lines: lines_of_stdin(), terminate, interrupt })
    }

    /// `None` when it is time to end.
    fn next(&mut self) -> Option<String> {
        let Self { runtime, lines, terminate, interrupt } = self;
        runtime.block_on(async {
            select! {
                line = lines.recv() => line,
                _ = terminate.recv() => None,
                _ = interrupt.recv() => None,
            }
        })
    }
}

fn lines_of_stdin() -> UnboundedReceiver<String> {
    let (heard, lines) = unbounded_channel();
    thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if heard.send(line).is_err() {
                return;
            }
        }
    });
    lines
}
