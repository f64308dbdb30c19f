/* Runs the script that its first argument names, with the others in `arg`. */

#include <stdio.h>
#include <stdlib.h>

#include "lauxlib.h"
#include "lua.h"
#include "lualib.h"

/* What stands for every jump out of Lua (see `setjmp.h`). */
_Noreturn void uncaught(lua_State *state) {
  const char *message = lua_tostring(state, -1);
  fflush(stdout);
  fprintf(stderr, "uncaught: %s\n", message ? message : "(no message)");
  exit(70);
}

int main(int count, char **arguments) {
  if (count < 2) {
    fprintf(stderr, "usage: %s SCRIPT [ARGUMENT...]\n", arguments[0]);
    return 2;
  }
  lua_State *state = luaL_newstate();
  luaL_openlibs(state);
  lua_createtable(state, count, 0);
  for (int index = 1; index < count; index++) {
    lua_pushstring(state, arguments[index]);
    lua_rawseti(state, -2, index - 1);
  }
  lua_setglobal(state, "arg");
  if (luaL_loadfile(state, arguments[1]) != LUA_OK) uncaught(state);
  /* It catches nothing; without it, Lua would abort before it raises anything. */
  lua_pcall(state, 0, 0, 0);
  lua_close(state);
  return 0;
}
