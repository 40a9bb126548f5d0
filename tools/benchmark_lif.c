/* The best plain C for the benchmark's layer: 784 -> 400, weights Q1.7, membrane Q8.8, leak (15 v) >> 4 with floor,
 * saturate, fire at v >= 1.0, subtract. Compiled with -O3 -march=native, which vectorises the loops over neurons.
 * Eight weight rows are added at a time into int16 sums: 255 rows of magnitude 128 or less surely fit. Weights are
 * held in int16: with bytes, GCC 12 spends twice the time on widening them. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { MOST_ROWS = 255 };

static int active(uint16_t *restrict list, const uint8_t *restrict row) {
    int count = 0, i = 0;
    for (; i + 8 <= INPUTS; i += 8) {
        uint64_t eight;
        memcpy(&eight, row + i, 8);
        for (; eight; eight &= eight - 1) list[count++] = (uint16_t)(i + (__builtin_ctzll(eight) >> 3));
    }
    for (; i < INPUTS; i++)
        if (row[i]) list[count++] = (uint16_t)i;
    return count;
}

static void add_rows(int16_t *restrict sum, const int16_t *restrict weights, const uint16_t *restrict list, int count) {
    int e = 0;
    memset(sum, 0, NEURONS * sizeof *sum);
    for (; e + 8 <= count; e += 8) {
        const int16_t *restrict row[8];
        for (int k = 0; k < 8; k++) row[k] = weights + (size_t)list[e + k] * NEURONS;
        for (int n = 0; n < NEURONS; n++) {
            uint16_t rest = (uint16_t)(row[0][n] + row[1][n]); /* uint16: the compiler need not widen */
            rest = (uint16_t)(rest + (uint16_t)row[2][n]), rest = (uint16_t)(rest + (uint16_t)row[3][n]);
            rest = (uint16_t)(rest + (uint16_t)row[4][n]), rest = (uint16_t)(rest + (uint16_t)row[5][n]);
            rest = (uint16_t)(rest + (uint16_t)row[6][n]), rest = (uint16_t)(rest + (uint16_t)row[7][n]);
            sum[n] = (int16_t)(sum[n] + rest);
        }
    }
    for (; e < count; e++) {
        const int16_t *restrict row = weights + (size_t)list[e] * NEURONS;
        for (int n = 0; n < NEURONS; n++) sum[n] = (int16_t)(sum[n] + row[n]);
    }
}

static int32_t saturate(int32_t x) { return x > 32767 ? 32767 : x < -32768 ? -32768 : x; }

/* out uint8[images][steps][NEURONS], raster uint8[images][steps][INPUTS] of 0 and 1, weights int16[INPUTS][NEURONS] */
void lif(uint8_t *restrict out, const uint8_t *restrict raster, const int16_t *restrict weights, int images, int steps) {
    uint16_t list[INPUTS];
    int16_t sum[NEURONS], v[NEURONS];
    int32_t total[NEURONS];
    for (int image = 0; image < images; image++) {
        memset(v, 0, sizeof v);
        for (int step = 0; step < steps; step++, raster += INPUTS, out += NEURONS) {
            int count = active(list, raster), wide = count > MOST_ROWS;
            add_rows(sum, weights, list, wide ? MOST_ROWS : count);
            if (wide) {
                for (int n = 0; n < NEURONS; n++) total[n] = sum[n];
                for (int first = MOST_ROWS; first < count; first += MOST_ROWS) {
                    add_rows(sum, weights, list + first, count - first < MOST_ROWS ? count - first : MOST_ROWS);
                    for (int n = 0; n < NEURONS; n++) total[n] += sum[n];
                }
            }
            for (int n = 0; n < NEURONS; n++) {
                int32_t u = ((15 * v[n]) >> 4) + saturate(2 * (wide ? total[n] : sum[n]));
                u = saturate(u);
                int fires = u >= 256;
                v[n] = (int16_t)(u - (fires ? 256 : 0));
                out[n] = (uint8_t)fires;
            }
        }
    }
}
