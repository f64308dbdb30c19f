/* What a program leaves when it dies: the lines it had flushed, and a trap. */

#include <stdio.h>
#include <stdlib.h>

static int depth(int left) { return left ? depth(left - 1) + 1 : (abort(), 0); }

int main(void) {
  puts("before");
  fflush(stdout);
  return depth(3);
}
