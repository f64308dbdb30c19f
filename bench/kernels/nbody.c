// Five bodies under gravity: f64 arithmetic, square roots, small loops. `run(n)`
// makes n thousand steps.
#include "driver.h"

typedef struct { double x, y, z, vx, vy, vz, mass; } Body;

static Body bodies[5];

static void place(void) {
    random_state = 9;
    for (int i = 0; i < 5; i++) {
        double *field = &bodies[i].x;
        for (int k = 0; k < 6; k++)
            field[k] = ((double)(random_next() % 20001) - 10000) / (k < 3 ? 1000 : 20000);
        bodies[i].mass = i == 0 ? 40 : 0.01 * (1 + i);
    }
}

static void step(double dt) {
    for (int i = 0; i < 5; i++) {
        Body *a = &bodies[i];
        for (int k = i + 1; k < 5; k++) {
            Body *b = &bodies[k];
            double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
            double square = dx * dx + dy * dy + dz * dz + 0.01;
            double pull = dt / (square * __builtin_sqrt(square));
            a->vx -= dx * b->mass * pull, a->vy -= dy * b->mass * pull, a->vz -= dz * b->mass * pull;
            b->vx += dx * a->mass * pull, b->vy += dy * a->mass * pull, b->vz += dz * a->mass * pull;
        }
    }
    for (int i = 0; i < 5; i++) {
        Body *a = &bodies[i];
        a->x += dt * a->vx, a->y += dt * a->vy, a->z += dt * a->vz;
    }
}

EXPORT(run) int64_t run(int32_t n) {
    place();
    for (int32_t i = 0; i < n * 1000; i++) step(0.0001);
    double sum = 0;
    for (int i = 0; i < 5; i++) sum += bodies[i].x + bodies[i].y + bodies[i].z;
    return (int64_t)(sum * 1e9);
}
