//! A program that ends with the value that holds it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    os::unix::process::CommandExt,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Condvar, Mutex},
    thread,
    time::Duration,
};

const GUARD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/guard.sh");

/// How long a program may take to end once it was told to; the guard is quicker.
const STOP_LIMIT: Duration = Duration::from_secs(15);

/// A running program, and everything that it started. Dropping it ends them all.
pub struct Guarded {
    shell: Child,
    leash: Option<ChildStdin>,
    output: Arc<Output>,
}

#[derive(Default)]
struct Output {
    said: Mutex<Said>,
    changed: Condvar,
}

#[derive(Default)]
struct Said {
    lines: Vec<String>,
    is_over: bool,
}

impl Guarded {
    /// Starts `command` with its environment, in a process group of its own.
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
        listen(shell.stdout.take().expect("it is piped"), output.clone());
        Self { leash: shell.stdin.take(), shell, output }
    }

    /// The process group of the program and everything that it started.
    pub fn process_group(&self) -> u32 {
        self.shell.id()
    }

    /// Everything that was said so far, on standard output and standard error.
    pub fn lines(&self) -> Vec<String> {
        self.output.said.lock().unwrap().lines.clone()
    }

    /// Waits for a line in which `find` finds something. Fails with all that was said instead.
    pub fn wait_for_line<T>(&self, limit: Duration, find: impl Fn(&str) -> Option<T>) -> Result<T, String> {
        let is_awaited =
            |said: &mut Said| !said.is_over && said.lines.iter().all(|line| find(line).is_none());
        let said = self.output.said.lock().unwrap();
        let (said, _) = self.output.changed.wait_timeout_while(said, limit, is_awaited).unwrap();
        said.lines.iter().find_map(|line| find(line)).ok_or_else(|| said.lines.join("\n"))
    }

    /// Ends everything at once, as a crash would.
    pub fn kill(mut self) {
        self.pull("kill\n");
    }

    /// Tells the guard, waits until nobody is left who could say anything, and lets the guard go too.
    fn pull(&mut self, how: &str) {
        let Some(mut leash) = self.leash.take() else { return };
        // A guard that is gone has nothing left to end.
        let _ = leash.write_all(how.as_bytes());
        let said = self.output.said.lock().unwrap();
        drop(self.output.changed.wait_timeout_while(said, STOP_LIMIT, |said| !said.is_over).unwrap());
        drop(leash);
        let _ = self.shell.wait();
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.pull("stop\n");
    }
}

fn listen(pipe: impl Read + Send + 'static, output: Arc<Output>) {
    thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            output.said.lock().unwrap().lines.push(String::from_utf8_lossy(&line).into_owned());
            output.changed.notify_all();
        }
        output.said.lock().unwrap().is_over = true;
        output.changed.notify_all();
    });
}
