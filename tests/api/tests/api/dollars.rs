//! Computes prices and the limits of the free plan from the table of calls, and compares them with docs/operations.md.

use std::ops::{Add, Mul};

use crate::{
    bill::{cells_of, operations_page},
    world::World,
};

cases![the_operations_page_states_the_prices_that_follow_from_the_calls];

/// The unit of list prices and of the free plan's daily share. docs/operations.md names the sources.
const MILLION: f64 = 1e6;
const PRICES: Usage = Usage {
    requests: 0.30 / MILLION,
    events: 0.15 / MILLION,
    rows_read: 0.001 / MILLION,
    rows_written: 1.00 / MILLION,
    log_lines: 0.60 / MILLION,
    commands: 2.00 / MILLION,
};
const INCLUDED_IN_A_MONTH: Usage = Usage {
    requests: 10.0 * MILLION,
    events: MILLION,
    rows_read: 25_000.0 * MILLION,
    rows_written: 50.0 * MILLION,
    log_lines: 20.0 * MILLION,
    commands: 0.0,
};
const MONTHLY_FEE: f64 = 5.0;
const FREE_REQUESTS: f64 = 100_000.0;
const FREE_EVENTS: f64 = 100_000.0;
const FREE_ROWS_READ: f64 = 5.0 * MILLION;
const FREE_ROWS_WRITTEN: f64 = 100_000.0;

const MINUTES: f64 = 24.0 * 60.0;
/// Calls that one machine easily makes in the period: a hundred a second.
const ATTEMPTS: f64 = 100.0 * 60.0 * MINUTES;
const ROOMS_A_DAY: f64 = 10_000.0;
const DAYS: f64 = 30.0;

/// Billed quantities.
#[derive(Clone, Copy)]
struct Usage {
    requests: f64,
    events: f64,
    rows_read: f64,
    rows_written: f64,
    log_lines: f64,
    /// With Upstash only. The other quantities are nearly the same with and without it.
    commands: f64,
}

impl Usage {
    /// The quantities of one call, from the page's table.
    fn of(page: &str, call: &str) -> Self {
        let cells: Vec<f64> = cells_of(page, call).into_iter().map(number).collect();
        let [requests, events, _wakes, rows_read, rows_written, .., commands] = cells[..] else {
            panic!("docs/operations.md has no row for this call: {call}")
        };
        // Each request is logged once, by the Worker or by the object. Frames and alarms are not logged.
        Self { requests, events, rows_read, rows_written, log_lines: requests, commands }
    }

    fn each(&self) -> [f64; 6] {
        [self.requests, self.events, self.rows_read, self.rows_written, self.log_lines, self.commands]
    }

    fn dollars(&self) -> f64 {
        self.each().iter().zip(PRICES.each()).map(|(used, price)| used * price).sum()
    }

    fn without_upstash(self) -> Self {
        Self { commands: 0.0, ..self }
    }

    /// How long the free plan lasts if the use of a day is spread evenly.
    fn free_plan_lasts(&self) -> String {
        let shares = [
            FREE_REQUESTS / self.requests,
            FREE_EVENTS / self.events,
            FREE_ROWS_READ / self.rows_read,
            FREE_ROWS_WRITTEN / self.rows_written,
        ];
        let minutes = shares.into_iter().fold(f64::INFINITY, f64::min) * MINUTES;
        match minutes {
            minutes if minutes >= MINUTES => "all day".into(),
            minutes if minutes >= 100.0 => format!("{:.1} h", minutes / 60.0),
            minutes => format!("{minutes:.0} min"),
        }
    }
}

impl Add for Usage {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            requests: self.requests + other.requests,
            events: self.events + other.events,
            rows_read: self.rows_read + other.rows_read,
            rows_written: self.rows_written + other.rows_written,
            log_lines: self.log_lines + other.log_lines,
            commands: self.commands + other.commands,
        }
    }
}

impl Mul<f64> for Usage {
    type Output = Self;

    fn mul(self, times: f64) -> Self {
        Self {
            requests: self.requests * times,
            events: self.events * times,
            rows_read: self.rows_read * times,
            rows_written: self.rows_written * times,
            log_lines: self.log_lines * times,
            commands: self.commands * times,
        }
    }
}

/// Parses a cell. `1/20` is a frame: twenty frames are billed as one request.
fn number(cell: &str) -> f64 {
    let parse = |raw: &str| raw.trim().parse::<f64>().expect("a number");
    cell.split_once('/').map_or_else(|| parse(cell), |(above, below)| parse(above) / parse(below))
}

fn the_operations_page_states_the_prices_that_follow_from_the_calls(_world: &World) {
    let page = operations_page();
    let mut lines = abuse_by_one_address(&page);
    lines.extend(ordinary_month(&page));

    let missing: Vec<_> = lines.into_iter().filter(|line| !page.contains(line)).collect();
    assert!(missing.is_empty(), "docs/operations.md lacks:\n{}", missing.join("\n"));
}

/// What one address can cause in a day: without the limits for calls that name a room, and with them.
fn abuse_by_one_address(page: &str) -> Vec<String> {
    let of = |call| Usage::of(page, call);
    let (refused, woken) = (of("call without a token"), of("call with a made-up token"));
    let left_room = of("create a room") + of("expire, with nobody there");
    let within = |per_minute: f64, call: Usage| {
        call * (per_minute * MINUTES) + refused * (ATTEMPTS - per_minute * MINUTES)
    };
    let sent = of("message by frame") * ATTEMPTS;
    [
        ("calls without a token", woken * ATTEMPTS, refused * ATTEMPTS),
        ("calls with a made-up token", woken * ATTEMPTS, within(600.0, woken)),
        (
            "rooms created and left, no faster than allowed",
            left_room * (60.0 * MINUTES),
            left_room * (10.0 * MINUTES),
        ),
        ("messages to itself, in rooms of its own", sent, sent),
    ]
    .map(|(what, before, now)| {
        format!(
            "| {what} | {:.2} | {:.2} | {:.2} | {} | {} |",
            before.without_upstash().dollars(),
            now.without_upstash().dollars(),
            now.dollars(),
            before.free_plan_lasts(),
            now.free_plan_lasts(),
        )
    })
    .into()
}

/// Rooms in which two people send 50 messages and leave. The page makes two calls to open a room and reads once.
fn ordinary_month(page: &str) -> Vec<String> {
    let calls = [
        ("create a room", 1.0),
        ("look at a room", 5.0),
        ("join", 2.0),
        ("open a socket", 2.0),
        ("read 50 messages", 2.0),
        ("first message by frame", 1.0),
        ("message by frame", 49.0),
        ("keep open", 1.0),
        ("expire, with nobody there", 1.0),
    ];
    let room = calls.map(|(call, times)| Usage::of(page, call) * times).into_iter().reduce(Add::add);
    let month = room.expect("there are calls") * (ROOMS_A_DAY * DAYS);
    let names = ["Worker requests", "object requests", "rows read", "rows written", "log lines", "commands"];
    let parts = names.into_iter().zip(month.each()).zip(INCLUDED_IN_A_MONTH.each()).zip(PRICES.each());
    let billed = |used: f64, included: f64, price: f64| (used - included).max(0.0) * price;
    let rows = parts.clone().map(|(((name, used), included), price)| {
        format!("| {name} | {:.1} | {:.2} |", used / MILLION, billed(used, included, price))
    });
    let dollars: Vec<f64> =
        parts.map(|(((_, used), included), price)| billed(used, included, price)).collect();
    let alone = MONTHLY_FEE + dollars[..5].iter().sum::<f64>();
    rows.chain([format!("**${alone:.2} a month, and ${:.2} with Upstash**", alone + dollars[5])]).collect()
}
