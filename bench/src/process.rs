//! What Linux tells about processes: who belongs together, what they listen to, time and memory they take.

use std::{fs, time::Duration};

use crate::failure::Outcome;

/// Of Linux' clock ticks, in which it counts processor time for programs.
const TICK: Duration = Duration::from_millis(10);

/// The processes of this name in a process group.
pub fn members(group: u32, name: &str) -> Outcome<Vec<u32>> {
    let pids = fs::read_dir("/proc")?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let is_member = |pid: &u32| {
        let is_named = fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim() == name);
        is_named && stat(*pid, 5).is_ok_and(|process_group| process_group == u64::from(group))
    };
    Ok(pids.filter(is_member).collect())
}

/// The ports of 127.0.0.1 that a process listens to.
pub fn listening_ports(pid: u32) -> Outcome<Vec<u16>> {
    let sockets: Vec<String> = fs::read_dir(format!("/proc/{pid}/fd"))?
        .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
        .map(|target| target.to_string_lossy().into_owned())
        .collect();
    let connections = fs::read_to_string("/proc/net/tcp")?;
    Ok(connections.lines().skip(1).filter_map(|line| port_if_listening(line, &sockets)).collect())
}

/// Of a line of /proc/net/tcp: place, address, peer, state, …, inode.
fn port_if_listening(line: &str, sockets: &[String]) -> Option<u16> {
    const LISTENING: &str = "0A";
    let fields: Vec<&str> = line.split_whitespace().collect();
    let inode = format!("socket:[{}]", fields.get(9)?);
    let is_ours = *fields.get(3)? == LISTENING && sockets.contains(&inode);
    let port = u16::from_str_radix(fields.get(1)?.split_once(':')?.1, 16).ok()?;
    is_ours.then_some(port)
}

/// Resident memory, in bytes.
pub fn resident_bytes(pid: u32) -> Outcome<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
}

/// Processor time that a process took so far.
pub fn cpu_time(pid: u32) -> Outcome<Duration> {
    let ticks = stat(pid, 14)? + stat(pid, 15)?;
    Ok(TICK * u32::try_from(ticks)?)
}

/// Processor time that this thread took so far.
pub fn thread_cpu_time() -> Outcome<Duration> {
    let schedstat = fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds = schedstat.split(' ').next().ok_or("no schedstat")?;
    Ok(Duration::from_nanos(nanoseconds.parse()?))
}

/// A field of /proc/PID/stat, counted from 1 as proc(5) does; only those behind the name.
fn stat(pid: u32, field: usize) -> Outcome<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, behind_name) = stat.rsplit_once(") ").ok_or("no stat")?;
    Ok(behind_name.split(' ').nth(field - 3).ok_or("no such field")?.parse()?)
}
