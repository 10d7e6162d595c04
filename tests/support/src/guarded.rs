//! A child process that ends when the value that owns it is dropped.

use std::{
    io::{BufRead, BufReader, Read, Write},
    os::unix::process::CommandExt,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Condvar, Mutex},
    thread,
    time::Duration,
};

const GUARD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/guard.sh");

/// How long a program may take to end. The guard ends it earlier than this.
const STOP_LIMIT: Duration = Duration::from_secs(15);

/// A running program with all its child processes. Dropping it ends them all.
pub struct Guarded {
    shell: Child,
    guard_stdin: Option<ChildStdin>,
    output: Arc<Output>,
}

#[derive(Default)]
struct Output {
    captured: Mutex<Captured>,
    changed: Condvar,
}

#[derive(Default)]
struct Captured {
    lines: Vec<String>,
    is_closed: bool,
}

impl Guarded {
    /// Starts `command` with its environment in a process group of its own.
    pub fn spawn(command: &Command) -> Self {
        let mut guard = Command::new("sh");
        guard.arg(GUARD).arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => guard.env(name, value),
                None => guard.env_remove(name),
            };
        }
        if let Some(dir) = command.get_current_dir() {
            guard.current_dir(dir);
        }
        guard.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
        let mut shell = guard.spawn().expect("there is a shell");
        let output = Arc::new(Output::default());
        capture_lines(shell.stdout.take().expect("it is piped"), output.clone());
        Self { guard_stdin: shell.stdin.take(), shell, output }
    }

    /// The process group of the program and its child processes.
    pub fn process_group(&self) -> u32 {
        self.shell.id()
    }

    /// All lines so far of standard output and standard error.
    pub fn lines(&self) -> Vec<String> {
        self.output.captured.lock().unwrap().lines.clone()
    }

    /// Waits for a line for which `find` returns a value. Fails with all the output if none comes within `limit`.
    pub fn wait_for_line<T>(&self, limit: Duration, find: impl Fn(&str) -> Option<T>) -> Result<T, String> {
        let is_awaited = |captured: &mut Captured| {
            !captured.is_closed && captured.lines.iter().all(|line| find(line).is_none())
        };
        let captured = self.output.captured.lock().unwrap();
        let (captured, _) = self.output.changed.wait_timeout_while(captured, limit, is_awaited).unwrap();
        captured.lines.iter().find_map(|line| find(line)).ok_or_else(|| captured.lines.join("\n"))
    }

    /// Kills all processes at once, like a crash.
    pub fn kill(mut self) {
        self.send_to_guard("kill\n");
    }

    /// Passes `how` to the guard, waits until all processes have closed their output, and ends the guard.
    fn send_to_guard(&mut self, how: &str) {
        let Some(mut guard_stdin) = self.guard_stdin.take() else { return };
        // If the guard is gone, there is nothing left to end.
        let _ = guard_stdin.write_all(how.as_bytes());
        let captured = self.output.captured.lock().unwrap();
        drop(
            self.output
                .changed
                .wait_timeout_while(captured, STOP_LIMIT, |captured| !captured.is_closed)
                .unwrap(),
        );
        drop(guard_stdin);
        let _ = self.shell.wait();
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.send_to_guard("stop\n");
    }
}

fn capture_lines(pipe: impl Read + Send + 'static, output: Arc<Output>) {
    thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            output.captured.lock().unwrap().lines.push(String::from_utf8_lossy(&line).into_owned());
            output.changed.notify_all();
        }
        output.captured.lock().unwrap().is_closed = true;
        output.changed.notify_all();
    });
}
