//! What a room asks of Upstash: every request is a way across the network, every command is billed.

use std::time::Duration;

use duet_test_support::upstash::{LoggedRequest, Mark};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::{
    bench::Bench,
    burst::{self, Burst},
    failure::Outcome,
    http::Client,
    report::{Row, Section},
    site::Site,
    stats::Spread,
    talk::{Pair, Place},
};

/// Messages of the busy room.
const BUSY: usize = 50;
const BUSY_ROOM: &str = "each message of a busy room";
/// How far away the store is for the bursts.
const DISTANCES: [Duration; 2] = [Duration::from_millis(10), Duration::from_millis(100)];
const ROUND_TRIPS: usize = 100;

/// Requests, and the commands in them.
#[derive(Clone, Copy, Default)]
struct Cost {
    requests: usize,
    commands: usize,
}

impl Cost {
    fn of(requests: &[LoggedRequest]) -> Self {
        Self {
            requests: requests.len(),
            commands: requests.iter().map(|request| request.commands.len()).sum(),
        }
    }

    fn said(self) -> String {
        format!("{} / {}", self.requests, self.commands)
    }
}

/// A room's part of the journal.
struct Meter<'a> {
    site: &'a Site,
    mark: Mark,
}

impl<'a> Meter<'a> {
    fn new(site: &'a Site) -> Self {
        Self { site, mark: site.stack.upstash().mark() }
    }

    /// What `room` cost since the last time.
    fn read(&mut self, room: &str) -> Cost {
        let requests = self.site.stack.upstash().requests_since(self.mark, room);
        self.mark = self.site.stack.upstash().mark();
        Cost::of(&requests)
    }
}

/// How long one REST request to the double takes by itself, from here.
pub fn round_trip(bench: &Bench, added: Duration) -> Outcome<Spread> {
    let upstash = bench.upstash(added)?.stack.upstash();
    let (host, token) = (upstash.url().replace("http://", ""), upstash.token().to_owned());
    bench.run(async {
        let mut client = Client::connect(&host).await?;
        let mut times = vec![];
        for _ in 0..ROUND_TRIPS {
            let asked = Instant::now();
            client.post("/", Some(&token), &json!(["RPUSHX", "messages:nobody", "x"])).await?.json()?;
            times.push(asked.elapsed());
        }
        Ok(Spread::of(&times))
    })
}

/// Counts what each thing costs, and how many round trips a burst takes.
pub fn measure(bench: &Bench) -> Outcome<Section> {
    let site = bench.upstash(Duration::ZERO)?;
    let costs = bench.run(life_of_a_room(site, bench.plan.idle))?;
    let bursts: Vec<Burst> =
        DISTANCES.iter().map(|distance| burst::measure(bench, *distance)).collect::<Outcome<_>>()?;
    let cost_figures: Vec<Value> = costs
        .iter()
        .map(|(what, cost)| json!({ "what": what, "requests": cost.requests, "commands": cost.commands }))
        .collect();
    let burst_figures: Vec<Value> = bursts.iter().map(Burst::figures).collect();
    Ok(Section {
        title: "Upstash: HTTP requests / Redis commands".to_owned(),
        rows: costs.iter().map(cost_row).chain(bursts.iter().map(Burst::row)).collect(),
        notes: vec![
            "Counted by the double of Upstash's REST API. A room that hears nothing for ten seconds sleeps, and is loaded \
             again by one request of four commands."
                .to_owned(),
            "A burst: 20 messages sent at once, and the time until the other side has all of them."
                .to_owned(),
        ],
        figures: json!({ "costs": cost_figures, "bursts": burst_figures }),
    })
}

async fn life_of_a_room(site: &Site, idle: Duration) -> Outcome<Vec<(String, Cost)>> {
    let place = site.duet();
    let mut client = Client::connect(&place.host).await?;
    let mut meter = Meter::new(site);
    let room = place.create(&mut client).await?;
    let mut costs = vec![("create".to_owned(), meter.read(&room))];
    let (ann, bob) = (place.join(&mut client, &room).await?, place.join(&mut client, &room).await?);
    costs.push(("two people join".to_owned(), meter.read(&room)));
    let mut pair = Pair { ann: place.enter(&room, &ann).await?, bob: place.enter(&room, &bob).await? };
    costs.push(("two sockets open".to_owned(), meter.read(&room)));
    say(&mut pair, 1).await?;
    costs.push(("first message".to_owned(), meter.read(&room)));
    say(&mut pair, BUSY).await?;
    costs.push((BUSY_ROOM.to_owned(), meter.read(&room)));
    reload(&place, &mut client, &mut pair).await?;
    costs.push(("reload: socket and history".to_owned(), meter.read(&room)));
    leave_alone(&mut pair, idle).await?;
    costs.push((format!("{} s with two idle sockets", idle.as_secs()), meter.read(&room)));
    say(&mut pair, 1).await?;
    costs.push(("message behind that".to_owned(), meter.read(&room)));
    client.delete(&format!("/api/room?roomId={room}"), Some(&ann)).await?;
    costs.push(("destroy".to_owned(), meter.read(&room)));
    Ok(costs)
}

async fn say(Pair { ann, bob }: &mut Pair, messages: usize) -> Outcome<()> {
    for _ in 0..messages {
        let id = ann.say().await?;
        bob.hear(&id).await?;
        ann.hear(&id).await?;
    }
    Ok(())
}

async fn reload(place: &Place, client: &mut Client, Pair { ann, .. }: &mut Pair) -> Outcome<()> {
    let again = place.enter(&ann.room, &ann.token).await?;
    std::mem::replace(ann, again).leave().await?;
    let path = format!("/api/messages?roomId={}&limit=500", ann.room);
    client.get(&path, Some(&ann.token)).await?.json().map(drop)
}

/// As pages do that nobody looks at: a ping now and then.
async fn leave_alone(Pair { ann, bob }: &mut Pair, idle: Duration) -> Outcome<()> {
    for _ in 0..2 {
        for person in [&mut *ann, &mut *bob] {
            person.send("ping").await?;
            person.hear("pong").await?;
        }
        sleep(idle / 2).await;
    }
    Ok(())
}

fn cost_row((what, cost): &(String, Cost)) -> Row {
    if what != BUSY_ROOM {
        return Row::new(what, cost.said());
    }
    let each = |count: usize| count as f64 / BUSY as f64;
    let said = format!("{:.2} / {:.2}", each(cost.requests), each(cost.commands));
    Row::new(what, said).target("exactly 1 / 1", cost.requests == BUSY && cost.commands == BUSY)
}
