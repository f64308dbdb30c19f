/* Stands in for a header that this C library does not have: WebAssembly 2.0 has
 * no means to jump out of functions. Whatever Lua raises ends the program, by
 * `uncaught` in `main.c`; so `pcall` calls, but catches nothing, and coroutines
 * cannot yield. */

#ifndef HOTFOOT_SETJMP_H
#define HOTFOOT_SETJMP_H

typedef int jmp_buf;
#define luai_jmpbuf jmp_buf

struct lua_State;
_Noreturn void uncaught(struct lua_State *state);

#define LUAI_TRY(state, handler, action) \
  {                                      \
    (void)(handler);                     \
    action                               \
  }
#define LUAI_THROW(state, handler) uncaught(state)

#endif
