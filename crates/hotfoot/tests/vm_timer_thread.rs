//! The thread that watches deadlines: at most one per engine, and none when the
//! engine is gone. Alone in its process, because it counts threads.
#![cfg(target_os = "linux")]

use std::time::Duration;
use std::{fs, thread};

use hotfoot::{Config, Engine, Result, Store};

const FAR: Duration = Duration::from_secs(100_000);

fn timer_threads() -> usize {
    let tasks = fs::read_dir("/proc/self/task").expect("the list of threads");
    let names = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|name| name.trim_end() == "hotfoot-timer").count()
}

#[test]
fn one_thread_per_engine_watches_while_the_engine_lives() -> Result<()> {
    let engines: Vec<Engine> =
        (0..3).map(|_| Engine::new(Config::new().interruption(true))).collect::<Result<_>>()?;
    let mut stores: Vec<Store<()>> =
        (0..30).map(|number| Store::new(&engines[number % 3], ())).collect();
    assert_eq!(timer_threads(), 0, "started by need only");
    for store in &mut stores {
        store.set_timeout(FAR)?;
    }
    // A thread gives itself its name.
    while timer_threads() < 3 {
        thread::sleep(Duration::from_millis(1));
    }
    for store in &mut stores {
        store.set_timeout(2 * FAR)?;
    }
    assert_eq!(timer_threads(), 3);
    drop(engines);
    assert_eq!(timer_threads(), 3, "stores keep their engine");
    drop(stores);
    // They end by themselves; this test does not, if they do not.
    while timer_threads() > 0 {
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}
