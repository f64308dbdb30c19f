// SQLite: a parser, a B-tree and a byte-code interpreter, with calls through
// pointers. `run(n)` fills a database in memory with n rows and asks it.
#include "driver.h"
#include "sqlite3.h"

// The system below SQLite: it has no files, and its clock stands still.
static int no_file(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *out) {
    (void)vfs, (void)name, (void)file, (void)flags, (void)out;
    return SQLITE_CANTOPEN;
}
static int no_delete(sqlite3_vfs *vfs, const char *name, int sync) {
    (void)vfs, (void)name, (void)sync;
    return SQLITE_IOERR_DELETE;
}
static int no_access(sqlite3_vfs *vfs, const char *name, int flags, int *out) {
    (void)vfs, (void)name, (void)flags;
    *out = 0;
    return SQLITE_OK;
}
static int same_name(sqlite3_vfs *vfs, const char *name, int room, char *out) {
    (void)vfs;
    sqlite3_snprintf(room, out, "%s", name);
    return SQLITE_OK;
}
static int fill_zero(sqlite3_vfs *vfs, int length, char *out) {
    (void)vfs;
    memset(out, 0, length);
    return length;
}
static int no_sleep(sqlite3_vfs *vfs, int microseconds) { (void)vfs; return microseconds; }
static int no_time(sqlite3_vfs *vfs, double *out) { (void)vfs; *out = 2451545.0; return SQLITE_OK; }
static int no_error(sqlite3_vfs *vfs, int room, char *out) { (void)vfs, (void)room, (void)out; return 0; }

int sqlite3_os_init(void) {
    static sqlite3_vfs none = {
        .iVersion = 1, .szOsFile = sizeof(sqlite3_file), .mxPathname = 64, .zName = "none",
        .xOpen = no_file, .xDelete = no_delete, .xAccess = no_access, .xFullPathname = same_name,
        .xRandomness = fill_zero, .xSleep = no_sleep, .xCurrentTime = no_time,
        .xGetLastError = no_error,
    };
    return sqlite3_vfs_register(&none, 1);
}
int sqlite3_os_end(void) { return SQLITE_OK; }

static int64_t total;

static int add_row(void *nothing, int columns, char **values, char **names) {
    (void)nothing, (void)names;
    for (int i = 0; i < columns; i++)
        if (values[i]) total = checksum(total, values[i], strlen(values[i]));
    return 0;
}

static void ask(sqlite3 *db, const char *query) {
    CHECK(sqlite3_exec(db, query, add_row, NULL, NULL) == SQLITE_OK);
}

EXPORT(run) int64_t run(int32_t n) {
    sqlite3 *db;
    char insert[256];
    total = 0;
    CHECK(sqlite3_open(":memory:", &db) == SQLITE_OK);
    ask(db, "create table item(id integer primary key, kind int, price real, name text)");
    sqlite3_snprintf(sizeof insert, insert,
        "with recursive c(i) as (select 1 union all select i + 1 from c where i < %d) "
        "insert into item select i, (i * 7919) %% 97, (i * 31 %% 1000) * 0.25, "
        "'item ' || ((i * 104729) %% 65537) from c", (int)n);
    ask(db, insert);
    ask(db, "create index by_kind on item(kind, price)");
    ask(db, "select kind, count(*), sum(price), min(name) from item group by kind order by 3 desc");
    ask(db, "select count(*) from item a join item b on b.id = a.id + 13 where a.price > b.price");
    ask(db, "update item set price = price * 1.5 where kind between 10 and 40");
    ask(db, "select name from item where name like '%99%' order by name limit 50");
    ask(db, "delete from item where kind % 3 = 0");
    ask(db, "select count(*), total(price) from item");
    sqlite3_close(db);
    return total;
}
