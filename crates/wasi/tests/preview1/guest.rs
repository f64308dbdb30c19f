//! A guest that makes one call at a time.

use std::fmt::Write as _;

use hotfoot::{Engine, Error, Instance, InterruptHandle, Linker, Memory, Module, Store, Val};
use hotfoot::{ExternType, ValType};
use hotfoot_wasi::{DirPerms, FilePerms, MODULE, WasiCtx, WasiCtxBuilder};

/// Error numbers.
pub(crate) mod errno {
    pub(crate) const AGAIN: u32 = 6;
    pub(crate) const BADF: u32 = 8;
    pub(crate) const EXIST: u32 = 20;
    pub(crate) const FBIG: u32 = 22;
    pub(crate) const ILSEQ: u32 = 25;
    pub(crate) const INVAL: u32 = 28;
    pub(crate) const ISDIR: u32 = 31;
    pub(crate) const LOOP: u32 = 32;
    pub(crate) const MFILE: u32 = 33;
    pub(crate) const NAMETOOLONG: u32 = 37;
    pub(crate) const NOENT: u32 = 44;
    pub(crate) const NOSPC: u32 = 51;
    pub(crate) const NOTDIR: u32 = 54;
    pub(crate) const NOTEMPTY: u32 = 55;
    pub(crate) const NOTSOCK: u32 = 57;
    pub(crate) const NOTSUP: u32 = 58;
    pub(crate) const NXIO: u32 = 60;
    pub(crate) const PERM: u32 = 63;
    pub(crate) const PIPE: u32 = 64;
    pub(crate) const SPIPE: u32 = 70;
    pub(crate) const NOTCAPABLE: u32 = 76;
}

/// Rights.
pub(crate) const READ: u64 = 1 << 1;
pub(crate) const SEEK: u64 = 1 << 2;
pub(crate) const WRITE: u64 = 1 << 6;
/// Every right that there is, and some that there are not.
pub(crate) const ALL: u64 = u64::MAX;

/// Open flags.
pub(crate) const CREATE: u64 = 1;
pub(crate) const DIRECTORY: u64 = 2;
pub(crate) const EXCLUSIVE: u64 = 4;
pub(crate) const TRUNCATE: u64 = 8;

/// Descriptor flags.
pub(crate) const APPEND: u64 = 1;
pub(crate) const DSYNC: u64 = 2;
pub(crate) const NONBLOCK: u64 = 4;
pub(crate) const RSYNC: u64 = 8;
pub(crate) const SYNC: u64 = 16;

/// Lookup flags.
pub(crate) const FOLLOW: u64 = 1;

/// The descriptor of the first preopened directory.
pub(crate) const ROOT: u32 = 3;

/// Where the guest keeps what it passes: results, buffers, paths, data.
pub(crate) const RESULT: u64 = 64;
pub(crate) const BUFFERS: u64 = 1024;
pub(crate) const PATH: u64 = 16 << 10;
pub(crate) const OTHER_PATH: u64 = 32 << 10;
pub(crate) const DATA: u64 = 64 << 10;
const PAGES: u64 = 32;

pub(crate) struct Guest {
    pub(crate) store: Store<WasiCtx>,
    instance: Instance,
    memory: Memory,
}

/// The module: every function of preview 1, called by one of the same name.
fn module(linker: &Linker<WasiCtx>, engine: &Engine) -> Module {
    // A linker tells the types of what it has been given only in a store.
    let mut store = Store::new(engine, WasiCtxBuilder::new().build());
    let mut imports = String::new();
    let mut functions = String::new();
    for name in NAMES {
        let item = linker.get(&mut store, MODULE, name).expect("a function");
        let ExternType::Func(ty) = item.ty(&store) else { panic!("{name} is no function") };
        let params: Vec<String> = ty.params().iter().map(ToString::to_string).collect();
        let results: Vec<String> = ty.results().iter().map(ToString::to_string).collect();
        let ty = format!("(param {}) (result {})", params.join(" "), results.join(" "));
        let _ = write!(imports, r#"(import "{MODULE}" "{name}" (func ${name} {ty}))"#);
        let gets: String = (0..params.len()).map(|n| format!("(local.get {n})")).collect();
        let _ = write!(functions, r#"(func (export "{name}") {ty} (call ${name} {gets}))"#);
    }
    let text = format!(r#"(module {imports} (memory (export "memory") {PAGES}) {functions})"#);
    Module::new(engine, text).expect("a module")
}

#[rustfmt::skip]
const NAMES: [&str; 46] = [
    "args_get", "args_sizes_get", "environ_get", "environ_sizes_get", "clock_res_get",
    "clock_time_get", "fd_advise", "fd_allocate", "fd_close", "fd_datasync", "fd_fdstat_get",
    "fd_fdstat_set_flags", "fd_fdstat_set_rights", "fd_filestat_get", "fd_filestat_set_size",
    "fd_filestat_set_times", "fd_pread", "fd_prestat_get", "fd_prestat_dir_name", "fd_pwrite",
    "fd_read", "fd_readdir", "fd_renumber", "fd_seek", "fd_sync", "fd_tell", "fd_write",
    "path_create_directory", "path_filestat_get", "path_filestat_set_times", "path_link",
    "path_open", "path_readlink", "path_remove_directory", "path_rename", "path_symlink",
    "path_unlink_file", "poll_oneoff", "proc_exit", "proc_raise", "sched_yield", "random_get",
    "sock_accept", "sock_recv", "sock_send", "sock_shutdown",
];

impl Guest {
    pub(crate) fn new(builder: &mut WasiCtxBuilder) -> Guest {
        let engine = Engine::default();
        let mut linker = Linker::new(&engine);
        hotfoot_wasi::add_to_linker(&mut linker, |wasi| wasi).expect("no other definitions");
        let module = module(&linker, &engine);
        let mut store = Store::new(&engine, builder.build());
        let instance = linker.instantiate(&mut store, &module).expect("all imports");
        let memory = instance.get_memory(&mut store, "memory").expect("a memory");
        Guest { store, instance, memory }
    }

    /// With `folder` as its first preopened directory, for everything.
    pub(crate) fn in_folder(folder: &tempfile::TempDir) -> Guest {
        let mut builder = WasiCtxBuilder::new();
        let opened = builder.preopened_dir(folder.path(), "/", DirPerms::all(), FilePerms::all());
        Guest::new(opened.expect("a folder"))
    }

    pub(crate) fn handle(&self) -> InterruptHandle {
        self.store.interrupt_handle()
    }

    /// Calls a function; its error number, or why it ended the guest.
    pub(crate) fn try_call(&mut self, name: &str, arguments: &[u64]) -> Result<u32, Error> {
        let function = self.instance.get_func(&mut self.store, name).expect("a function");
        let ty = function.ty(&self.store);
        assert_eq!(ty.params().len(), arguments.len(), "{name}");
        let value = |(&ty, &argument): (&ValType, &u64)| match ty {
            ValType::I32 => Val::I32(argument as u32 as i32),
            _ => Val::I64(argument as i64),
        };
        let params: Vec<Val> = ty.params().iter().zip(arguments).map(value).collect();
        let mut results = vec![Val::I32(0); ty.results().len()];
        function.call(&mut self.store, &params, &mut results)?;
        Ok(results.first().map_or(0, |result| result.unwrap_i32() as u32))
    }

    /// Calls a function that does not end the guest; its error number.
    pub(crate) fn call(&mut self, name: &str, arguments: &[u64]) -> u32 {
        match self.try_call(name, arguments) {
            Ok(errno) => errno,
            Err(error) => panic!("{name}: {error:?}"),
        }
    }

    pub(crate) fn put(&mut self, at: u64, bytes: &[u8]) {
        self.memory.write(&mut self.store, at as usize, bytes).expect("room");
    }

    pub(crate) fn get(&self, at: u64, length: u64) -> Vec<u8> {
        self.memory.data(&self.store)[at as usize..(at + length) as usize].to_vec()
    }

    /// The 32-bit number at an address.
    pub(crate) fn word(&self, at: u64) -> u32 {
        u32::from_le_bytes(self.get(at, 4).try_into().expect("four bytes"))
    }

    /// The 64-bit number at an address.
    pub(crate) fn long(&self, at: u64) -> u64 {
        u64::from_le_bytes(self.get(at, 8).try_into().expect("eight bytes"))
    }

    /// Writes an array of buffers; how many there are.
    pub(crate) fn buffers(&mut self, buffers: &[(u64, u64)]) -> u64 {
        for (index, &(start, length)) in buffers.iter().enumerate() {
            let record = (start as u32).to_le_bytes();
            self.put(BUFFERS + 8 * index as u64, &record);
            self.put(BUFFERS + 8 * index as u64 + 4, &(length as u32).to_le_bytes());
        }
        buffers.len() as u64
    }

    /// Calls a function whose first arguments are a directory and a path.
    pub(crate) fn at_path(&mut self, name: &str, fd: u32, path: &str, more: &[u64]) -> u32 {
        self.put(PATH, path.as_bytes());
        let mut arguments = vec![u64::from(fd), PATH, path.len() as u64];
        arguments.extend(more);
        self.call(name, &arguments)
    }

    /// Opens a path, not following a link at its end unless told to.
    pub(crate) fn open_with(
        &mut self,
        (fd, path): (u32, &str),
        follow: u64,
        how: u64,
        rights: u64,
        flags: u64,
    ) -> Result<u32, u32> {
        self.put(PATH, path.as_bytes());
        let length = path.len() as u64;
        let arguments = [fd.into(), follow, PATH, length, how, rights, ALL, flags, RESULT];
        match self.call("path_open", &arguments) {
            0 => Ok(self.word(RESULT)),
            errno => Err(errno),
        }
    }

    /// Opens a path of the first preopened directory, following links.
    pub(crate) fn open(&mut self, path: &str, how: u64, rights: u64) -> Result<u32, u32> {
        self.open_with((ROOT, path), FOLLOW, how, rights, 0)
    }

    pub(crate) fn write(&mut self, fd: u32, bytes: &[u8]) -> Result<u32, u32> {
        self.put(DATA, bytes);
        let count = self.buffers(&[(DATA, bytes.len() as u64)]);
        match self.call("fd_write", &[fd.into(), BUFFERS, count, RESULT]) {
            0 => Ok(self.word(RESULT)),
            errno => Err(errno),
        }
    }

    pub(crate) fn read(&mut self, fd: u32, length: u64) -> Result<Vec<u8>, u32> {
        let count = self.buffers(&[(DATA, length)]);
        match self.call("fd_read", &[fd.into(), BUFFERS, count, RESULT]) {
            0 => Ok(self.get(DATA, self.word(RESULT).into())),
            errno => Err(errno),
        }
    }

    /// Where a descriptor is now.
    pub(crate) fn seek(&mut self, fd: u32, offset: i64, whence: u64) -> Result<u64, u32> {
        match self.call("fd_seek", &[fd.into(), offset as u64, whence, RESULT]) {
            0 => Ok(self.long(RESULT)),
            errno => Err(errno),
        }
    }

    pub(crate) fn close(&mut self, fd: u32) -> u32 {
        self.call("fd_close", &[fd.into()])
    }

    /// Rights of a descriptor, and those that are inherited from it.
    pub(crate) fn rights(&mut self, fd: u32) -> (u64, u64) {
        assert_eq!(self.call("fd_fdstat_get", &[fd.into(), RESULT]), 0);
        (self.long(RESULT + 8), self.long(RESULT + 16))
    }

    /// The kind and the flags of a descriptor.
    pub(crate) fn kind_and_flags(&mut self, fd: u32) -> (u8, u64) {
        assert_eq!(self.call("fd_fdstat_get", &[fd.into(), RESULT]), 0);
        (self.get(RESULT, 1)[0], u64::from(self.word(RESULT) >> 16))
    }
}
