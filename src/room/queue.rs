//! The room's one queue: what reads, decides and writes runs one at a time, in order of arrival.
//!
//! An object is not serialised across an await: while it waits for the store, other events run. Sends that wait
//! directly behind each other are handed to the first of them as one batch, so that they cost one write.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
};

use futures_channel::oneshot;

/// A queue whose sends carry an `S` and are answered with an `R`.
pub struct Queue<S, R> {
    waiting: RefCell<VecDeque<Waiting<S, R>>>,
    is_taken: Cell<bool>,
}

struct Waiting<S, R> {
    wake: oneshot::Sender<Woken<R>>,
    send: Option<S>,
}

enum Woken<R> {
    YourTurn,
    Answered(R),
}

/// The right to read, decide and write. Dropping it hands it on.
pub struct Turn<'a, S, R>(&'a Queue<S, R>);

/// What becomes of a send.
pub enum Sending<'a, S, R> {
    /// It is this caller's turn to write, for itself and for those right behind it: answer each but the first.
    Lead(Turn<'a, S, R>, S, Vec<Follower<S, R>>),
    /// Another caller wrote it along with its own.
    Answered(R),
    /// The caller that was to write it vanished.
    Dropped,
}

/// A send that is written by another's caller.
pub struct Follower<S, R> {
    /// What to send.
    pub send: S,
    wake: oneshot::Sender<Woken<R>>,
}

impl<S, R> Follower<S, R> {
    /// Parts into what to send and a way to answer.
    pub fn part(self) -> (S, impl FnOnce(R)) {
        // A caller that is gone needs no answer.
        (self.send, move |answer| drop(self.wake.send(Woken::Answered(answer))))
    }
}

impl<S, R> Default for Queue<S, R> {
    fn default() -> Self {
        Self { waiting: RefCell::default(), is_taken: Cell::new(false) }
    }
}

impl<S, R> Queue<S, R> {
    /// Waits for the turn; `None` when whoever was to hand it on vanished.
    pub async fn turn(&self) -> Option<Turn<'_, S, R>> {
        if !self.is_taken.replace(true) {
            return Some(Turn(self));
        }
        match self.wait(None).await {
            Ok(Woken::YourTurn) => Some(Turn(self)),
            _ => None,
        }
    }

    /// Waits until `send` is written by another, or has to be written by this caller.
    pub async fn send(&self, send: S) -> Sending<'_, S, R>
    where
        S: Clone,
    {
        if !self.is_taken.replace(true) {
            return Sending::Lead(Turn(self), send, vec![]);
        }
        match self.wait(Some(send.clone())).await {
            Ok(Woken::YourTurn) => Sending::Lead(Turn(self), send, self.take_followers()),
            Ok(Woken::Answered(answer)) => Sending::Answered(answer),
            Err(oneshot::Canceled) => Sending::Dropped,
        }
    }

    fn wait(&self, send: Option<S>) -> oneshot::Receiver<Woken<R>> {
        let (wake, woken) = oneshot::channel();
        self.waiting.borrow_mut().push_back(Waiting { wake, send });
        woken
    }

    fn take_followers(&self) -> Vec<Follower<S, R>> {
        let mut waiting = self.waiting.borrow_mut();
        let mut followers = vec![];
        while let Some(Waiting { wake, send }) = waiting.pop_front() {
            match send {
                Some(send) => followers.push(Follower { send, wake }),
                None => {
                    waiting.push_front(Waiting { wake, send: None });
                    break;
                }
            }
        }
        followers
    }
}

impl<S, R> Drop for Turn<'_, S, R> {
    fn drop(&mut self) {
        loop {
            let next = self.0.waiting.borrow_mut().pop_front();
            match next {
                None => return self.0.is_taken.set(false),
                // One that has vanished meanwhile is passed over.
                Some(next) => {
                    if next.wake.send(Woken::YourTurn).is_ok() {
                        return;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_executor::block_on;
    use futures_util::future::{FutureExt, join_all};

    use super::*;

    type TestQueue = Queue<u32, u32>;

    /// Sends `number`; whoever leads notes the batch and answers each follower with its number.
    async fn send(queue: &TestQueue, number: u32, batches: &RefCell<Vec<Vec<u32>>>) -> u32 {
        match queue.send(number).await {
            Sending::Lead(_turn, first, followers) => {
                let (numbers, answers): (Vec<_>, Vec<_>) = followers.into_iter().map(Follower::part).unzip();
                batches.borrow_mut().push([vec![first], numbers.clone()].concat());
                answers.into_iter().zip(numbers).for_each(|(answer, number)| answer(number));
                first
            }
            Sending::Answered(number) => number,
            Sending::Dropped => panic!("dropped"),
        }
    }

    #[test]
    fn sends_that_wait_together_are_written_together_but_never_past_another_turn() {
        let queue = TestQueue::default();
        let batches = RefCell::new(vec![]);
        let holder = queue.turn().now_or_never().flatten().unwrap();

        let mut sends: Vec<_> = [1, 2].map(|number| send(&queue, number, &batches).boxed_local()).into();
        sends.iter_mut().for_each(|send| assert!(send.now_or_never().is_none()));
        let mut between = queue.turn().boxed_local();
        assert!((&mut between).now_or_never().is_none());
        let mut last = send(&queue, 3, &batches).boxed_local();
        assert!((&mut last).now_or_never().is_none());
        drop(holder);

        assert_eq!(block_on(join_all(sends)), [1, 2]);
        assert!((&mut last).now_or_never().is_none(), "the turn between is not over");
        drop(block_on(between).unwrap());
        assert_eq!(block_on(last), 3);
        assert_eq!(*batches.borrow(), [vec![1, 2], vec![3]]);
    }

    #[test]
    fn a_waiter_that_vanished_does_not_stop_the_queue() {
        let queue = TestQueue::default();
        let holder = queue.turn().now_or_never().flatten().unwrap();
        let mut vanishing = queue.turn().boxed_local();
        assert!((&mut vanishing).now_or_never().is_none());
        let mut waiting = queue.turn().boxed_local();
        assert!((&mut waiting).now_or_never().is_none());

        drop(vanishing);
        drop(holder);

        assert!(block_on(waiting).is_some());
        assert!(block_on(queue.turn()).is_some());
    }

    #[test]
    fn followers_of_a_leader_that_vanished_are_told() {
        let queue = TestQueue::default();
        let holder = queue.turn().now_or_never().flatten().unwrap();
        let mut first = queue.send(1).boxed_local();
        let mut second = queue.send(2).boxed_local();
        assert!((&mut first).now_or_never().is_none() && (&mut second).now_or_never().is_none());
        drop(holder);

        let Sending::Lead(turn, 1, followers) = block_on(first) else { panic!("it leads") };
        drop((turn, followers));

        assert!(matches!(block_on(second), Sending::Dropped));
    }
}
