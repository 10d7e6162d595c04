//! Starts a Worker with its store, for tests in other languages and for manual trials:
//!
//! ```text
//! duet-stack --store embedded|upstash [--var NAME:VALUE]...
//! ```
//!
//! Prints one line `{"baseUrl": …, "wranglerUrl": …, "upstashUrl": …}` once it is ready. It reads commands from
//! standard input, one per line: `kill` ends the Worker like a crash and prints `{"isKilled": true}` when it is gone;
//! `start` starts it again with the same store on another port and prints the new addresses. Everything ends when
//! standard input closes, and on SIGTERM or SIGINT.

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
        Err(error) => {
            eprintln!("duet-stack: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(store: StoreKind, vars: &[(String, String)]) -> Result<(), String> {
    let vars: Vec<(&str, &str)> = vars.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let mut stack = Stack::start(store, &vars)?;
    let mut commands = Commands::listen().map_err(|error| error.to_string())?;
    print_ready(&stack);
    while let Some(line) = commands.next() {
        match line.as_str() {
            "kill" => {
                stack.kill_worker();
                println!("{}", json!({ "isKilled": true }));
            }
            "start" => {
                stack.start_worker()?;
                print_ready(&stack);
            }
            _ => return Err(format!("unknown command {line:?}: use kill or start")),
        }
    }
    Ok(())
}

fn print_ready(stack: &Stack) {
    let upstash_url = (stack.store() == StoreKind::Upstash).then(|| stack.upstash().url());
    println!(
        "{}",
        json!({
            "baseUrl": stack.base_url(),
            "wranglerUrl": stack.worker().wrangler_url(),
            "upstashUrl": upstash_url,
        })
    );
}

fn read_arguments(
    mut arguments: impl Iterator<Item = String>,
) -> Result<(StoreKind, Vec<(String, String)>), String> {
    let (mut store, mut vars) = (StoreKind::Embedded, vec![]);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
        match name.as_str() {
            "--store" => store = value.parse()?,
            "--var" => {
                let (name, value) = value.split_once(':').ok_or("--var needs NAME:VALUE")?;
                vars.push((name.to_owned(), value.to_owned()));
            }
            _ => return Err(format!("unknown option {name}: use --store or --var")),
        }
    }
    Ok((store, vars))
}

/// The commands from standard input, and the signals. A thread reads all the time, so that no command is missed.
struct Commands {
    runtime: Runtime,
    lines: UnboundedReceiver<String>,
    terminate: Signal,
    interrupt: Signal,
}

impl Commands {
    fn listen() -> std::io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_io().build()?;
        let (terminate, interrupt) = {
            let _inside = runtime.enter();
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?)
        };
        Ok(Self { runtime, lines: lines_of_stdin(), terminate, interrupt })
    }

    /// The next command. `None`: standard input closed or a signal arrived.
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
    let (sender, lines) = unbounded_channel();
    thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}
