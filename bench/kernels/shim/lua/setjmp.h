// Debian's wasi-libc has no setjmp. What includes this never jumps in our
// drivers: an error of the library is a failed run.
#ifndef SHIM_SETJMP_H
#define SHIM_SETJMP_H
typedef int jmp_buf[1];
#define setjmp(buffer) ((void)(buffer), 0)
#define longjmp(buffer, value) ((void)(buffer), (void)(value), __builtin_trap())
#endif
