//! Arguments, environment, clocks, randomness, ends.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hotfoot::Trap;
use hotfoot_wasi::{Exit, ManualClock, WasiCtxBuilder};

use crate::guest::*;

/// What a pair of functions says: the strings.
fn strings(guest: &mut Guest, sizes: &str, get: &str) -> Vec<String> {
    assert_eq!(guest.call(sizes, &[RESULT, RESULT + 4]), 0);
    let (count, length) = (u64::from(guest.word(RESULT)), u64::from(guest.word(RESULT + 4)));
    assert_eq!(guest.call(get, &[BUFFERS, DATA]), 0);
    let all = guest.get(DATA, length);
    let starts = (0..count).map(|index| u64::from(guest.word(BUFFERS + 4 * index)) - DATA);
    starts
        .map(|start| {
            let bytes = all[start as usize..].split(|byte| *byte == 0).next().unwrap();
            String::from_utf8(bytes.to_vec()).unwrap()
        })
        .collect()
}

#[test]
fn arguments_and_environment_are_as_given() {
    let mut builder = WasiCtxBuilder::new();
    builder.arg("program").args(["", "two words", "ü"]);
    builder.env("A", "1").envs([("B", "x=y"), ("EMPTY", "")]).env("A", "2");
    let mut guest = Guest::new(&mut builder);
    assert_eq!(
        strings(&mut guest, "args_sizes_get", "args_get"),
        ["program", "", "two words", "ü"]
    );
    let environment = strings(&mut guest, "environ_sizes_get", "environ_get");
    assert_eq!(environment, ["A=2", "B=x=y", "EMPTY="]);
    let mut guest = Guest::new(&mut WasiCtxBuilder::new());
    assert!(strings(&mut guest, "args_sizes_get", "args_get").is_empty());
    assert!(strings(&mut guest, "environ_sizes_get", "environ_get").is_empty());
    // What a guest cannot see the end of is cut off there.
    let mut guest = Guest::new(WasiCtxBuilder::new().arg("a\0b").arg("c"));
    assert_eq!(strings(&mut guest, "args_sizes_get", "args_get"), ["a", "c"]);
}

#[test]
fn the_environment_is_inherited_when_asked_for() {
    let (key, value) = std::env::vars().next().expect("a variable");
    let mut guest = Guest::new(WasiCtxBuilder::new().inherit_env());
    let environment = strings(&mut guest, "environ_sizes_get", "environ_get");
    assert!(environment.contains(&format!("{key}={value}")));
}

#[test]
fn clocks_show_the_time() {
    let mut guest = Guest::new(&mut WasiCtxBuilder::new());
    let mut show = |name, clock| {
        let arguments =
            if name == "clock_res_get" { vec![clock, RESULT] } else { vec![clock, 0, RESULT] };
        match guest.call(name, &arguments) {
            0 => Ok(guest.long(RESULT)),
            errno => Err(errno),
        }
    };
    let before = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let shown = Duration::from_nanos(show("clock_time_get", 0).unwrap());
    assert!(shown >= before && shown < before + Duration::from_secs(3600));
    for clock in 1..4 {
        let first = show("clock_time_get", clock).unwrap();
        assert!(show("clock_time_get", clock).unwrap() >= first);
        assert!((1..1_000_000_000).contains(&show("clock_res_get", clock).unwrap()));
    }
    assert_eq!(show("clock_time_get", 4), Err(errno::INVAL));
    assert_eq!(show("clock_res_get", 99), Err(errno::INVAL));
    let clock = ManualClock::new(Duration::MAX);
    let mut guest = Guest::new(WasiCtxBuilder::new().wall_clock(clock));
    assert_eq!(guest.call("clock_time_get", &[0, 0, RESULT]), 0);
    assert_eq!(guest.long(RESULT), u64::MAX);
}

#[test]
fn randomness_can_be_fixed() {
    let draw = |builder: &mut WasiCtxBuilder| {
        let mut guest = Guest::new(builder);
        assert_eq!(guest.call("random_get", &[DATA, 0]), 0);
        assert_eq!(guest.call("random_get", &[DATA, 37]), 0);
        guest.get(DATA, 38)
    };
    let fixed = draw(WasiCtxBuilder::new().random_seed(5));
    assert_eq!(fixed, draw(WasiCtxBuilder::new().random_seed(5)));
    assert_ne!(fixed, draw(WasiCtxBuilder::new().random_seed(6)));
    assert_ne!(draw(&mut WasiCtxBuilder::new()), draw(&mut WasiCtxBuilder::new()));
    assert_eq!(fixed[37], 0);
}

#[test]
fn a_guest_ends_itself() {
    let mut guest = Guest::new(&mut WasiCtxBuilder::new());
    for code in [0, 1, 126, 255, 256, u32::MAX] {
        let error = guest.try_call("proc_exit", &[code.into()]).unwrap_err();
        assert_eq!(error.downcast_ref::<Exit>(), Some(&Exit(code)));
        assert_eq!(error.trap(), None);
    }
    // Signals that end a program, signals that do not, and others.
    for signal in [1, 2, 6, 9, 11, 15, 30] {
        let error = guest.try_call("proc_raise", &[signal]).unwrap_err();
        assert_eq!(error.downcast_ref::<Exit>(), Some(&Exit(128 + signal as u32)));
    }
    for signal in [0, 16, 17, 22, 27] {
        assert_eq!(guest.call("proc_raise", &[signal]), 0);
    }
    assert_eq!(guest.call("proc_raise", &[18]), errno::NOTSUP);
    assert_eq!(guest.call("proc_raise", &[31]), errno::INVAL);
    assert_eq!(guest.call("sched_yield", &[]), 0);
}

#[test]
fn pointers_that_lead_outside_are_traps() {
    let mut guest = Guest::new(WasiCtxBuilder::new().arg("program"));
    let end = 32 << 16;
    for (name, arguments) in [
        ("args_get", vec![end, DATA]),
        ("args_get", vec![BUFFERS, end - 1]),
        ("args_sizes_get", vec![end, RESULT]),
        ("environ_sizes_get", vec![RESULT, u64::from(u32::MAX) - 3]),
        ("clock_time_get", vec![0, 0, end - 4]),
        ("clock_time_get", vec![0, 0, RESULT + 4]),
        ("random_get", vec![end - 1, 2]),
        ("fd_fdstat_get", vec![1, end - 16]),
        ("fd_write", vec![1, end, 1, RESULT]),
        ("fd_read", vec![0, BUFFERS + 1, 1, RESULT]),
        ("path_open", vec![3, 0, end, 1, 0, 0, 0, 0, RESULT]),
        ("path_unlink_file", vec![3, u64::from(u32::MAX), u64::from(u32::MAX)]),
    ] {
        let error = guest.try_call(name, &arguments).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::MemoryOutOfBounds), "{name}");
        assert!(error.to_string().contains(name), "{error}");
    }
}
