/* A shell for SQLite, as small as one can be: runs the statements of its standard
 * input, one after the other, on the database that its argument names, and prints
 * rows with `|` between columns, as SQLite's own shell does. A failed statement
 * is reported, and the next one goes on. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sqlite3.h"

static char *read_all(FILE *file) {
  size_t size = 0, room = 1 << 12;
  char *text = malloc(room);
  for (;;) {
    if (!text) return NULL;
    size += fread(text + size, 1, room - size - 1, file);
    if (size < room - 1) break;
    room *= 2;
    text = realloc(text, room);
  }
  text[size] = 0;
  return text;
}

static void print_row(sqlite3_stmt *statement) {
  int columns = sqlite3_column_count(statement);
  for (int column = 0; column < columns; column++) {
    const unsigned char *text = sqlite3_column_text(statement, column);
    printf("%s%s", column ? "|" : "", text ? (const char *)text : "NULL");
  }
  putchar('\n');
}

/* Runs the first statement of `sql`; returns what is behind it. */
static const char *run(sqlite3 *database, const char *sql, int *failed) {
  sqlite3_stmt *statement = NULL;
  const char *rest = NULL;
  int status = sqlite3_prepare_v2(database, sql, -1, &statement, &rest);
  if (status != SQLITE_OK) {
    /* What cannot be parsed ends at the next semicolon. */
    const char *end = strchr(sql, ';');
    rest = end ? end + 1 : sql + strlen(sql);
  } else if (statement) {
    while ((status = sqlite3_step(statement)) == SQLITE_ROW) print_row(statement);
    sqlite3_finalize(statement);
  }
  if (status != SQLITE_OK && status != SQLITE_DONE) {
    printf("error %d: %s\n", status, sqlite3_errmsg(database));
    ++*failed;
  }
  return rest;
}

int main(int count, char **arguments) {
  sqlite3 *database;
  if (count != 2) {
    fprintf(stderr, "usage: %s DATABASE < STATEMENTS\n", arguments[0]);
    return 2;
  }
  if (sqlite3_open(arguments[1], &database) != SQLITE_OK) {
    fprintf(stderr, "%s: %s\n", arguments[1], sqlite3_errmsg(database));
    return 1;
  }
  char *statements = read_all(stdin);
  int failed = 0;
  for (const char *at = statements; at && *at;) at = run(database, at, &failed);
  free(statements);
  if (sqlite3_close(database) != SQLITE_OK) return 1;
  return failed ? 3 : 0;
}
