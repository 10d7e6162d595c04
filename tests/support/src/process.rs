//! Processes in Linux's /proc: their groups, ports and memory. Other systems have no /proc, and every search is empty.

use std::fs;

/// The processes of this name in a process group.
pub fn members(group: u32, name: &str) -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten();
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    pids.filter(|pid| is_member(*pid, group, name)).collect()
}

fn is_member(pid: u32, group: u32, name: &str) -> bool {
    let is_named = fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim() == name);
    is_named && process_group(pid) == Some(group)
}

/// Field 5 of /proc/PID/stat. Field 2 is the name in parentheses and may contain anything.
fn process_group(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(2)?.parse().ok()
}

/// The ports of 127.0.0.1 on which a process listens.
pub fn listening_ports(pid: u32) -> Vec<u16> {
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten();
    let sockets: Vec<String> = descriptors
        .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
        .map(|target| target.to_string_lossy().into_owned())
        .collect();
    let connections = fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    connections.lines().skip(1).filter_map(|line| port_if_listening(line, &sockets)).collect()
}

/// A line of /proc/net/tcp has the fields: number, address, peer, state, …, inode.
fn port_if_listening(line: &str, sockets: &[String]) -> Option<u16> {
    const LISTENING: &str = "0A";
    let fields: Vec<&str> = line.split_whitespace().collect();
    let inode = format!("socket:[{}]", fields.get(9)?);
    let is_ours = *fields.get(3)? == LISTENING && sockets.contains(&inode);
    let port = u16::from_str_radix(fields.get(1)?.split_once(':')?.1, 16).ok()?;
    is_ours.then_some(port)
}

/// Resident memory, in bytes.
pub fn resident_bytes(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default() * 1024
}
