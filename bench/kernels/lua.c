// Lua: an interpreter's loop, tables, strings, closures, its collector.
// `run(n)` executes the script below with n.
#include "driver.h"
#include "lua.h"
#include "lauxlib.h"
#include "lualib.h"

static const char script[] =
    "local n = ...\n"
    "local function fib(k) if k < 2 then return k end return fib(k - 1) + fib(k - 2) end\n"
    "local sum = 0\n"
    "for i = 1, n do sum = sum + fib(12 + i % 5) end\n"
    "local sieve, count = {}, 0\n"
    "for i = 2, n * 1000 do\n"
    "  if sieve[i] == nil then\n"
    "    count = count + 1\n"
    "    for k = i * i, n * 1000, i do sieve[k] = true end\n"
    "  end\n"
    "end\n"
    "local words, seed = {}, 42\n"
    "for i = 1, n * 100 do\n"
    "  seed = (seed * 1103515245 + 12345) & 0x7fffffff\n"
    "  words[i] = ('%05d:%s'):format(seed % 99991, ('x'):rep(seed % 7))\n"
    "end\n"
    "table.sort(words)\n"
    "local text, found = table.concat(words, ' '), 0\n"
    "for a, b in text:gmatch('(%d+):(x*)') do found = found + #a * #b end\n"
    "local point = setmetatable({}, {__index = function(_, key) return #key end})\n"
    "local x = 0.5\n"
    "for i = 1, n * 2000 do x = 3.7 * x * (1 - x) + point.key * 1e-9 end\n"
    "return sum * 1000003 + count * 101 + found + math.floor(x * 1e6)\n";

EXPORT(run) int64_t run(int32_t n) {
    lua_State *state = luaL_newstate();
    CHECK(state);
    luaL_requiref(state, "_G", luaopen_base, 1);
    luaL_requiref(state, "table", luaopen_table, 1);
    luaL_requiref(state, "string", luaopen_string, 1);
    luaL_requiref(state, "math", luaopen_math, 1);
    lua_settop(state, 0);
    CHECK(luaL_loadbuffer(state, script, sizeof script - 1, "script") == LUA_OK);
    lua_pushinteger(state, n);
    lua_call(state, 1, 1);
    int64_t result = lua_tointeger(state, -1);
    lua_close(state);
    return result;
}
