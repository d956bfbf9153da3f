//! However many want the same, one asks the key provider.

use std::{
    collections::{HashMap, HashSet},
    error::Error as _,
    pin::Pin,
    sync::{Arc, mpsc},
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use crypto_envelope::{
    Decryptor, Encryptor, Error, Limits, Result, UnverifiedHeader, blocking,
    cache::{CacheCounters, MaterialsCache, MaterialsCacheBuilder},
    provider::ProviderErrorKind,
};
use crypto_envelope_tests::{
    client::nothing,
    counting::{CountingProvider, Mishap},
    sides::{UNSIGNED, header_length},
};
use tokio::{runtime::Builder, task};

const MANY: usize = 1000;

fn new_cache() -> MaterialsCacheBuilder {
    MaterialsCache::builder(Duration::from_hours(1))
}

struct Setup {
    provider: Arc<CountingProvider>,
    encryptor: Encryptor,
    decryptor: Decryptor,
}

impl Setup {
    fn new() -> Result<Self> {
        Self::with_cache(new_cache())
    }

    fn with_cache(cache: MaterialsCacheBuilder) -> Result<Self> {
        let provider = CountingProvider::new()?;
        let builder = Encryptor::builder(Arc::clone(&provider)).suite(UNSIGNED);
        let encryptor = builder.cache(cache.clone().build()?).build()?;
        let builder = Decryptor::builder(Arc::clone(&provider));
        Ok(Self { decryptor: builder.cache(cache.build()?).build()?, provider, encryptor })
    }

    fn counters(&self) -> CacheCounters {
        self.encryptor.cache().map(MaterialsCache::counters).unwrap_or_default()
    }

    /// A task that seals a message, not yet begun.
    fn sealing(&self) -> Task<Vec<u8>> {
        let encryptor = self.encryptor.clone();
        Task(Box::pin(async move { encryptor.encrypt(b"text", &nothing()).await }))
    }

    fn opening(&self, message: &[u8]) -> Task<Vec<u8>> {
        let (decryptor, message) = (self.decryptor.clone(), message.to_vec());
        Task(Box::pin(async move {
            Ok(decryptor.decrypt(&message, &nothing()).await?.into_plaintext())
        }))
    }
}

/// Polled by hand.
struct Task<T>(Pin<Box<dyn Future<Output = Result<T>> + Send>>);

impl<T> Task<T> {
    fn poll(&mut self) -> Poll<Result<T>> {
        self.0.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    }

    fn must_wait(&mut self) {
        assert!(self.poll().is_pending());
    }

    fn finish(&mut self) -> Result<T> {
        match self.poll() {
            Poll::Ready(done) => done,
            Poll::Pending => Err(Error::invalid_input("it still waits")),
        }
    }
}

fn started<T>(tasks: &mut [Task<T>]) {
    tasks.iter_mut().for_each(Task::must_wait);
}

#[test]
fn a_thousand_tasks_make_one_call() -> Result<()> {
    let runtime = Builder::new_multi_thread().worker_threads(4).build()?;
    let setup = Setup::new()?;
    let message = blocking::wait(setup.encryptor.encrypt(b"text", &nothing()))?;
    assert_eq!(setup.provider.calls(), 1);
    setup.encryptor.cache().expect("there is one").clear();
    let before = setup.counters().misses;
    runtime.block_on(async {
        setup.provider.hold();
        let sealing: Vec<_> = (0..MANY).map(|_| task::spawn(setup.sealing().0)).collect();
        let opening: Vec<_> = (0..MANY).map(|_| task::spawn(setup.opening(&message).0)).collect();
        let opened = || setup.decryptor.cache().map_or(0, |cache| cache.counters().misses);
        let all = MANY as u64;
        while setup.counters().misses - before < all || opened() < all {
            task::yield_now().await;
        }
        setup.provider.release();
        let mut ids = HashSet::new();
        for sealed in sealing {
            let message = sealed.await.expect("no panic")?;
            ids.insert(message[..40].to_vec());
        }
        assert_eq!(ids.len(), MANY);
        for opened in opening {
            assert_eq!(opened.await.expect("no panic")?, b"text");
        }
        // One to seal, one to open.
        assert_eq!(setup.provider.calls(), 2);
        Ok(())
    })
}

/// Sends the number of a task that was woken.
struct Ring(mpsc::Sender<usize>, usize);

impl Wake for Ring {
    fn wake(self: Arc<Self>) {
        // Nobody listens any more once all are done.
        let _ = self.0.send(self.1);
    }
}

/// The smallest executor there is: it polls only what was woken.
#[test]
fn any_executor_will_do() -> Result<()> {
    let setup = Setup::new()?;
    setup.provider.hold();
    let (sender, woken) = mpsc::channel();
    let mut tasks: Vec<_> = (0..MANY).map(|_| Some(setup.sealing())).collect();
    (0..MANY).for_each(|index| sender.send(index).expect("it is there"));
    let mut done = 0;
    let mut polls = 0;
    while done < MANY {
        polls += 1;
        let index = woken.recv_timeout(Duration::from_secs(10)).expect("a wake was lost");
        let waker = Waker::from(Arc::new(Ring(sender.clone(), index)));
        let Some(task) = &mut tasks[index] else { continue };
        if let Poll::Ready(sealed) = task.0.as_mut().poll(&mut Context::from_waker(&waker)) {
            sealed?;
            done += 1;
            tasks[index] = None;
        }
        if polls == MANY {
            setup.provider.release();
        }
    }
    assert_eq!(setup.provider.calls(), 1);
    Ok(())
}

#[test]
fn the_others_go_on_when_the_first_is_dropped() -> Result<()> {
    let setup = Setup::new()?;
    setup.provider.hold();
    let (mut leader, mut followers) = (setup.sealing(), [setup.sealing(), setup.sealing()]);
    leader.must_wait();
    started(&mut followers);
    drop(leader);
    started(&mut followers);
    setup.provider.release();
    for follower in &mut followers {
        follower.finish()?;
    }
    setup.sealing().finish()?;
    assert_eq!(setup.provider.calls(), 1);
    Ok(())
}

#[test]
fn a_call_that_nobody_waits_for_leaves_nothing_behind() -> Result<()> {
    let setup = Setup::new()?;
    setup.provider.hold();
    let mut tasks = [setup.sealing(), setup.sealing()];
    started(&mut tasks);
    drop(tasks);
    setup.provider.release();
    assert_eq!(setup.provider.calls(), 1);
    setup.sealing().finish()?;
    setup.sealing().finish()?;
    assert_eq!(setup.provider.calls(), 1);
    Ok(())
}

#[test]
fn all_who_wait_get_the_error_and_nobody_later_does() -> Result<()> {
    let setup = Setup::new()?;
    setup.provider.hold();
    setup.provider.plan(Mishap::Throttled);
    let mut tasks: Vec<_> = (0..100).map(|_| setup.sealing()).collect();
    started(&mut tasks);
    setup.provider.release();
    let mut texts = HashSet::new();
    for task in &mut tasks {
        let error = task.finish().expect_err("it failed");
        let source = error.source().map(ToString::to_string);
        assert_eq!(source.as_deref(), Some("the service said so"));
        texts.insert(error.to_string());
        let Error::Provider(error) = error else { return Err(error) };
        assert_eq!(error.kind(), ProviderErrorKind::Throttled);
    }
    assert_eq!((texts.len(), setup.provider.calls()), (1, 1));
    setup.sealing().finish()?;
    assert_eq!(setup.provider.calls(), 1);
    Ok(())
}

#[test]
fn attempts_are_told_to_all_who_wait() -> Result<()> {
    let setup = Setup::new()?;
    let message = setup.sealing().finish()?;
    let _ = setup.provider.calls();
    setup.provider.hold();
    setup.provider.plan(Mishap::Throttled);
    let mut tasks: Vec<_> = (0..10).map(|_| setup.opening(&message)).collect();
    started(&mut tasks);
    setup.provider.release();
    for task in &mut tasks {
        let error = task.finish().expect_err("it failed");
        let Error::NoUsableKey { attempts, .. } = error else { return Err(error) };
        assert!(matches!(attempts[0].error(), Some(Error::Provider(error))
            if error.kind() == ProviderErrorKind::Throttled));
    }
    assert_eq!(setup.provider.calls(), 1);
    assert_eq!(setup.opening(&message).finish()?, b"text");
    Ok(())
}

#[test]
fn a_panic_does_no_harm_to_others() -> Result<()> {
    let setup = Setup::new()?;
    setup.provider.hold();
    setup.provider.plan(Mishap::Panic);
    let (mut leader, mut follower) = (setup.sealing(), setup.sealing());
    leader.must_wait();
    follower.must_wait();
    setup.provider.release();
    let poll = std::panic::AssertUnwindSafe(|| leader.poll());
    assert!(std::panic::catch_unwind(poll).is_err());
    assert!(matches!(follower.finish(), Err(Error::Internal { .. })));
    setup.sealing().finish()?;
    assert_eq!(setup.provider.calls(), 2);
    setup.sealing().finish()?;
    assert_eq!(setup.provider.calls(), 0);
    Ok(())
}

/// Each of those who wait is a message of its own.
#[test]
fn what_the_others_use_up_is_asked_for_again() -> Result<()> {
    let setup = Setup::with_cache(new_cache().max_messages(3))?;
    setup.provider.hold();
    let mut tasks: Vec<_> = (0..10).map(|_| setup.sealing()).collect();
    started(&mut tasks);
    setup.provider.release();
    for task in tasks.iter_mut().rev() {
        task.finish()?;
    }
    assert_eq!(setup.provider.calls(), 4);
    // The last call brought an entry with room for two more.
    for calls in [0, 0, 1] {
        setup.sealing().finish()?;
        assert_eq!(setup.provider.calls(), calls);
    }
    assert_eq!(setup.counters().exhaustions, 1);
    Ok(())
}

/// However few messages an entry serves, nobody waits for more than one call.
#[test]
fn small_thresholds_make_no_queue() -> Result<()> {
    let setup = Setup::with_cache(new_cache().max_messages(2))?;
    setup.provider.hold();
    let mut tasks: Vec<_> = (0..200).map(|_| setup.sealing()).collect();
    started(&mut tasks);
    assert_eq!(setup.provider.calls(), 100);
    setup.provider.release();
    for task in tasks.iter_mut().rev() {
        task.finish()?;
    }
    assert_eq!(setup.provider.calls(), 0);
    let counters = setup.counters();
    assert_eq!((counters.calls, counters.waits, counters.hits), (100, 100, 0));
    Ok(())
}

/// What one entry serves shows in its wrapped key, which no other one has.
#[test]
fn no_entry_serves_more_than_it_may() -> Result<()> {
    let runtime = Builder::new_multi_thread().worker_threads(4).build()?;
    let setup = Setup::with_cache(new_cache().max_messages(3))?;
    runtime.block_on(async {
        let sealing: Vec<_> = (0..MANY).map(|_| task::spawn(setup.sealing().0)).collect();
        let mut served: HashMap<_, usize> = HashMap::new();
        for sealed in sealing {
            let message = sealed.await.expect("no panic")?;
            let (header, _) = UnverifiedHeader::parse(&message, &Limits::default())?;
            let keys = header.claims().encrypted_data_keys();
            *served.entry(keys[0].ciphertext().to_vec()).or_default() += 1;
        }
        assert!(served.len() >= MANY.div_ceil(3) && served.values().all(|&messages| messages <= 3));
        Ok(())
    })
}

#[test]
fn what_is_asked_for_when_all_is_forgotten_is_not_kept() -> Result<()> {
    let setup = Setup::new()?;
    setup.provider.hold();
    let mut before = setup.sealing();
    before.must_wait();
    setup.encryptor.cache().expect("there is one").clear();
    let mut after = setup.sealing();
    after.must_wait();
    setup.provider.release();
    before.finish()?;
    assert_eq!(setup.provider.calls(), 2);
    after.finish()?;
    setup.sealing().finish()?;
    assert_eq!(setup.provider.calls(), 0);
    Ok(())
}

/// A forged message has the wrapped keys of a genuine one, and was first to ask.
#[test]
fn a_forged_message_fails_alone() -> Result<()> {
    let setup = Setup::new()?;
    let genuine = setup.sealing().finish()?;
    let _ = setup.provider.calls();
    let header = header_length(&genuine)?;
    // The commitment, and the tag.
    for place in [header - 16 - 1, header - 1] {
        let mut forged = genuine.clone();
        forged[place] ^= 1;
        // The data key that it names is not kept for its sake.
        setup.decryptor.cache().expect("there is one").clear();
        assert!(setup.opening(&forged).finish().is_err());
        let _ = setup.provider.calls();
        setup.opening(&genuine).finish()?;
        assert_eq!(setup.provider.calls(), 1);

        setup.decryptor.cache().expect("there is one").clear();
        setup.provider.hold();
        let mut leader = setup.opening(&forged);
        let mut followers = [setup.opening(&genuine), setup.opening(&forged)];
        leader.must_wait();
        started(&mut followers);
        setup.provider.release();
        assert!(leader.finish().is_err());
        let [good, bad] = &mut followers;
        assert_eq!(good.finish()?, b"text");
        assert!(bad.finish().is_err());
        let _ = setup.provider.calls();
        assert_eq!(setup.opening(&genuine).finish()?, b"text");
        assert_eq!(setup.provider.calls(), 0);
    }
    Ok(())
}

/// Who waited for a forged message in vain does not ask alone, but joins others.
#[test]
fn a_forged_message_costs_one_call_more() -> Result<()> {
    let setup = Setup::new()?;
    let genuine = setup.sealing().finish()?;
    let mut forged = genuine.clone();
    forged[header_length(&genuine)? - 1] ^= 1;
    let _ = setup.provider.calls();
    setup.provider.hold();
    let mut leader = setup.opening(&forged);
    leader.must_wait();
    let mut followers = (0..MANY).map(|_| setup.opening(&genuine)).collect::<Vec<_>>();
    started(&mut followers);
    setup.provider.release();
    assert!(leader.finish().is_err());
    setup.provider.hold();
    started(&mut followers);
    setup.provider.release();
    for follower in &mut followers {
        assert_eq!(follower.finish()?, b"text");
    }
    assert_eq!(setup.provider.calls(), 2);
    Ok(())
}

/// What a genuine message asks for after a forged one is not kept either if all was forgotten
/// meanwhile.
#[test]
fn what_is_asked_for_once_more_can_be_forgotten_too() -> Result<()> {
    let setup = Setup::new()?;
    let genuine = setup.sealing().finish()?;
    let mut forged = genuine.clone();
    forged[header_length(&genuine)? - 1] ^= 1;
    setup.provider.hold();
    let (mut leader, mut follower) = (setup.opening(&forged), setup.opening(&genuine));
    leader.must_wait();
    follower.must_wait();
    setup.provider.release();
    assert!(leader.finish().is_err());
    setup.provider.hold();
    follower.must_wait();
    setup.decryptor.cache().expect("there is one").clear();
    setup.provider.release();
    assert_eq!(follower.finish()?, b"text");
    let _ = setup.provider.calls();
    setup.opening(&genuine).finish()?;
    assert_eq!(setup.provider.calls(), 1);
    Ok(())
}

#[test]
fn futures_cross_threads() {
    fn is_send<T: Send>(_: &T) {}
    let setup = Setup::new().expect("randomness");
    let context = nothing();
    is_send(&setup.encryptor.prepare_at_most(&context, 7));
    is_send(&setup.decryptor.decrypt(b"", &context));
}
