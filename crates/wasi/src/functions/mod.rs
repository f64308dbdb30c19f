//! The functions of preview 1, and how they are called.
//!
//! Each function gets an [`Env`] and its arguments, and either does what it is
//! for or says why not. Only this file knows stores, callers and linkers.
#![allow(clippy::too_many_arguments, reason = "preview 1 says how many there are")]

mod directories;
mod files;
mod paths;
mod poll;
mod process;
mod sockets;
mod times;
mod transfer;

use hotfoot::{Caller, Linker, Memory, Trap};

pub(crate) use sockets::adopt as adopt_socket;

use crate::context::{Bound, WasiCtx};
use crate::errno::{Failure, Outcome};
use crate::guest::Guest;

/// The name of the module that guests import the functions from.
pub const MODULE: &str = "wasi_snapshot_preview1";

/// How a guest ended itself: with `proc_exit`, or by a signal that it raised
/// with `proc_raise`, whose code is 128 and the signal's number, as shells say.
///
/// It comes out of the call of the guest's function as an error:
///
/// ```
/// # fn outcome(result: hotfoot::Result<()>) -> hotfoot::Result<u32> {
/// match result {
///     Ok(()) => Ok(0),
///     Err(error) => match error.downcast_ref::<hotfoot_wasi::Exit>() {
///         Some(exit) => Ok(exit.0),
///         None => Err(error),
///     },
/// }
/// # }
/// # assert_eq!(outcome(Err(hotfoot_wasi::Exit(5).into())).ok(), Some(5));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the guest exited with code {0}")]
pub struct Exit(pub u32);

/// What a function works on.
pub(crate) struct Env<'a> {
    pub(crate) memory: Guest<'a>,
    pub(crate) ctx: &'a mut WasiCtx,
}

/// Calls `act` for the guest that calls. What it returns is an error number
/// for the guest; an error ends the guest.
#[inline]
fn call<T>(
    mut caller: Caller<'_, T>,
    get: impl Fn(&mut T) -> &mut WasiCtx,
    name: &'static str,
    act: impl FnOnce(&mut Env<'_>) -> Outcome,
) -> hotfoot::Result<u32> {
    let instance = caller.instance();
    let bound = match &get(caller.data_mut()).bound {
        Some(bound) if bound.instance == instance => bound.memory,
        _ => bind(&mut caller, &get),
    };
    let outcome = match bound {
        Some(memory) => {
            let (bytes, data) = memory.data_and_store_mut(&mut caller);
            act(&mut Env { memory: Guest(bytes), ctx: get(data) })
        }
        None => act(&mut Env { memory: Guest(&mut []), ctx: get(caller.data_mut()) }),
    };
    match outcome {
        Ok(()) => Ok(0),
        Err(Failure::Errno(errno)) => Ok(errno as u32),
        Err(failure) => Err(leave(&mut caller, failure, name, bound.is_some())),
    }
}

/// Finds what it takes to serve an instance that has not called before.
#[cold]
fn bind<T>(caller: &mut Caller<'_, T>, get: impl Fn(&mut T) -> &mut WasiCtx) -> Option<Memory> {
    let memory = caller.get_export("memory").and_then(|export| export.into_memory());
    let instance = caller.instance();
    let interruption = caller.interrupt_handle();
    get(caller.data_mut()).bound = Some(Bound { instance, memory, interruption });
    memory
}

/// The error that ends the guest.
#[cold]
fn leave<T>(
    caller: &mut Caller<'_, T>,
    failure: Failure,
    name: &str,
    has_memory: bool,
) -> hotfoot::Error {
    let why = match failure {
        Failure::Exit(code) => return Exit(code).into(),
        Failure::Interrupted => {
            return caller.check_interruption().err().unwrap_or(Trap::Interrupt.into());
        }
        Failure::OutOfBounds if !has_memory => "the module exports no memory named `memory`",
        Failure::OutOfBounds => "a pointer leads outside the memory",
        Failure::Misaligned => "a pointer is not aligned",
        Failure::Errno(_) => unreachable!("the guest gets error numbers"),
    };
    hotfoot::Error::from(Trap::MemoryOutOfBounds).context(format_args!("{MODULE}::{name}: {why}"))
}

/// Defines functions with a result, one row each: the name that guests import,
/// the arguments, and who does it.
macro_rules! define {
    ($linker:ident, $get:ident: $($module:ident::$name:ident($($arg:ident: $ty:ty),*);)*) => {
        $($linker.func_wrap(
            MODULE,
            stringify!($name),
            move |caller: Caller<'_, T>, $($arg: $ty),*| {
                call(caller, $get, stringify!($name), |env| $module::$name(env, $($arg),*))
            },
        )?;)*
    };
}

/// Defines all functions of preview 1 under [`MODULE`]. `get` says where in a
/// store's data the guest's context is.
///
/// They work on the memory that the calling instance exports as `memory`.
///
/// # Errors
///
/// A [`LinkError`](hotfoot::LinkError) if one of the names is taken.
///
/// ```
/// use hotfoot::{Engine, Linker};
/// use hotfoot_wasi::WasiCtx;
///
/// struct Host {
///     wasi: WasiCtx,
///     requests: u32,
/// }
///
/// let mut linker = Linker::<Host>::new(&Engine::default());
/// hotfoot_wasi::add_to_linker(&mut linker, |host| &mut host.wasi)?;
/// # Ok::<(), hotfoot::Error>(())
/// ```
pub fn add_to_linker<T: 'static>(
    linker: &mut Linker<T>,
    get: impl Fn(&mut T) -> &mut WasiCtx + Send + Sync + Copy + 'static,
) -> Result<(), hotfoot::Error> {
    define! { linker, get:
        process::args_get(pointers: u32, bytes: u32);
        process::args_sizes_get(count: u32, length: u32);
        process::environ_get(pointers: u32, bytes: u32);
        process::environ_sizes_get(count: u32, length: u32);
        process::proc_raise(signal: u32);
        process::sched_yield();
        process::random_get(start: u32, length: u32);
        times::clock_res_get(clock: u32, resolution: u32);
        times::clock_time_get(clock: u32, precision: u64, time: u32);
        transfer::fd_read(fd: u32, buffers: u32, count: u32, length: u32);
        transfer::fd_write(fd: u32, buffers: u32, count: u32, length: u32);
        transfer::fd_pread(fd: u32, buffers: u32, count: u32, offset: u64, length: u32);
        transfer::fd_pwrite(fd: u32, buffers: u32, count: u32, offset: u64, length: u32);
        files::fd_advise(fd: u32, offset: u64, length: u64, advice: u32);
        files::fd_allocate(fd: u32, offset: u64, length: u64);
        files::fd_close(fd: u32);
        files::fd_datasync(fd: u32);
        files::fd_fdstat_get(fd: u32, record: u32);
        files::fd_fdstat_set_flags(fd: u32, flags: u32);
        files::fd_fdstat_set_rights(fd: u32, rights: u64, inheriting: u64);
        files::fd_filestat_get(fd: u32, record: u32);
        files::fd_filestat_set_size(fd: u32, size: u64);
        times::fd_filestat_set_times(fd: u32, accessed: u64, modified: u64, flags: u32);
        files::fd_renumber(from: u32, to: u32);
        files::fd_seek(fd: u32, offset: i64, whence: u32, position: u32);
        files::fd_sync(fd: u32);
        files::fd_tell(fd: u32, position: u32);
        directories::fd_prestat_get(fd: u32, record: u32);
        directories::fd_prestat_dir_name(fd: u32, start: u32, length: u32);
        directories::fd_readdir(fd: u32, start: u32, length: u32, cookie: u64, used: u32);
        paths::path_create_directory(fd: u32, path: u32, length: u32);
        paths::path_filestat_get(fd: u32, flags: u32, path: u32, length: u32, record: u32);
        times::path_filestat_set_times(
            fd: u32, flags: u32, path: u32, length: u32,
            accessed: u64, modified: u64, which: u32
        );
        paths::path_link(
            from_fd: u32, flags: u32, from: u32, from_length: u32,
            to_fd: u32, to: u32, to_length: u32
        );
        paths::path_open(
            fd: u32, flags: u32, path: u32, length: u32, how: u32,
            rights: u64, inheriting: u64, fd_flags: u32, opened: u32
        );
        paths::path_readlink(
            fd: u32, path: u32, length: u32, start: u32, room: u32, used: u32
        );
        paths::path_remove_directory(fd: u32, path: u32, length: u32);
        paths::path_rename(
            from_fd: u32, from: u32, from_length: u32,
            to_fd: u32, to: u32, to_length: u32
        );
        paths::path_symlink(target: u32, target_length: u32, fd: u32, path: u32, length: u32);
        paths::path_unlink_file(fd: u32, path: u32, length: u32);
        poll::poll_oneoff(subscriptions: u32, events: u32, count: u32, happened: u32);
        sockets::sock_accept(fd: u32, flags: u32, accepted: u32);
        sockets::sock_recv(
            fd: u32, buffers: u32, count: u32, flags: u32, length: u32, found: u32
        );
        sockets::sock_send(fd: u32, buffers: u32, count: u32, flags: u32, length: u32);
        sockets::sock_shutdown(fd: u32, how: u32);
    }
    // The only one that never comes back.
    linker.func_wrap(MODULE, "proc_exit", |code: u32| -> hotfoot::Result<()> {
        Err(Exit(code).into())
    })?;
    Ok(())
}
