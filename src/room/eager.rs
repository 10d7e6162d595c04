//! Running a future at once, as far as it goes without waiting.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
};

use futures_util::task::AtomicWaker;

/// Wakes whoever polls by now. What `future` waits for may have kept only the first waker that it saw.
#[derive(Default)]
struct Relay(AtomicWaker);

impl Wake for Relay {
    fn wake(self: Arc<Self>) {
        self.0.wake();
    }
}

/// A future that has begun.
pub struct Rest<T> {
    future: Pin<Box<dyn Future<Output = T>>>,
    relay: Arc<Relay>,
}

/// Runs `future` until it ends or has to wait. Fails with what is left of it.
pub fn start<T>(future: impl Future<Output = T> + 'static) -> Result<T, Rest<T>> {
    let mut rest = Rest { future: Box::pin(future), relay: Arc::default() };
    match rest.go_on() {
        Poll::Ready(done) => Ok(done),
        Poll::Pending => Err(rest),
    }
}

impl<T> Rest<T> {
    fn go_on(&mut self) -> Poll<T> {
        let waker = Waker::from(self.relay.clone());
        self.future.as_mut().poll(&mut Context::from_waker(&waker))
    }
}

impl<T> Future for Rest<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        self.relay.0.register(context.waker());
        self.go_on()
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, future::poll_fn, rc::Rc};

    use futures_executor::{LocalPool, block_on};
    use futures_util::task::LocalSpawnExt;

    use super::*;

    #[test]
    fn what_need_not_wait_is_done_at_once() {
        assert_eq!(start(async { 7 }).ok(), Some(7));
    }

    #[test]
    fn what_waits_goes_on_where_it_was() {
        let (answer, question) = futures_channel::oneshot::channel();

        let rest = start(async move { question.await.unwrap() + 1 });
        answer.send(1).unwrap();

        assert_eq!(block_on(rest.err().unwrap()), 2);
    }

    #[test]
    fn who_kept_the_first_waker_wakes_the_rest() {
        let (kept, is_over) = (Rc::new(Cell::new(None::<Waker>)), Rc::new(Cell::new(false)));
        let timer = poll_fn({
            let (kept, is_over) = (kept.clone(), is_over.clone());
            move |context: &mut Context<'_>| match (is_over.get(), kept.take()) {
                (true, _) => Poll::Ready(()),
                (false, first) => {
                    kept.set(Some(first.unwrap_or_else(|| context.waker().clone())));
                    Poll::Pending
                }
            }
        });
        let rest = start(timer).err().unwrap();
        let (mut pool, ended) = (LocalPool::new(), Rc::new(Cell::new(false)));
        let note = ended.clone();
        pool.spawner()
            .spawn_local(async move {
                rest.await;
                note.set(true);
            })
            .unwrap();
        pool.run_until_stalled();

        is_over.set(true);
        kept.take().unwrap().wake();
        pool.run_until_stalled();

        assert!(ended.get());
    }
}
