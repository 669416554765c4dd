// Measures ISA-L (Debian: libisal-dev) the way "jcs bench coding" measures jcs: windows of 4 ms after 80 ms of warming up, GB of data
// shards per second. Arguments: encode|rebuild, lost shards, data shards, parity shards, bytes in a shard, hot|cold, milliseconds.
#include <isa-l/erasure_code.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SHARDS_MAX = 32, WINDOWS_MAX = 100000, COLD_BYTES = 128 << 20, SPACING_BYTES = 320 };

static double now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static int by_value(const void *left, const void *right) {
  double difference = *(const double *)left - *(const double *)right;
  return (difference > 0) - (difference < 0);
}

/// Rows that give the outputs from the inputs, which are k of the shards: parity from data, or the first `lost` data shards from the rest.
static void make_rows(unsigned char *rows, int lost, int k, int m) {
  unsigned char generator[SHARDS_MAX * SHARDS_MAX], present[SHARDS_MAX * SHARDS_MAX], inverse[SHARDS_MAX * SHARDS_MAX];
  gf_gen_cauchy1_matrix(generator, k + m, k);
  if (lost == 0) {
    memcpy(rows, generator + k * k, m * k);
    return;
  }
  memcpy(present, generator + lost * k, k * k);
  if (gf_invert_matrix(present, inverse, k) != 0) exit(1);
  memcpy(rows, inverse, lost * k);
}

int main(int argc, char **argv) {
  if (argc != 8) return 2;
  int lost = strcmp(argv[1], "encode") == 0 ? 0 : atoi(argv[2]);
  int k = atoi(argv[3]), m = atoi(argv[4]), bytes = atoi(argv[5]);
  double case_ms = atof(argv[7]);
  int outputs = lost == 0 ? m : lost;
  size_t stride = bytes + SPACING_BYTES, stripe = stride * (k + m);
  int stripes = strcmp(argv[6], "hot") == 0 ? 1 : (int)((COLD_BYTES + stripe - 1) / stripe);

  unsigned char rows[SHARDS_MAX * SHARDS_MAX], tables[32 * SHARDS_MAX * SHARDS_MAX];
  make_rows(rows, lost, k, m);
  ec_init_tables(k, outputs, rows, tables);
  unsigned char *memory;
  if (posix_memalign((void **)&memory, 64, stripe * stripes) != 0) return 1;
  for (size_t i = 0; i < stripe * stripes; i++) memory[i] = (unsigned char)(i * 2654435761u >> 13);

  double *speeds = malloc(sizeof(double) * WINDOWS_MAX);
  int windows = 0, next = 0;
  double start = now_ms();
  while (windows < WINDOWS_MAX) {
    double window = now_ms(), elapsed;
    long count = 0;
    do {
      unsigned char *input[SHARDS_MAX], *output[SHARDS_MAX], *first = memory + stripe * next;
      for (int i = 0; i < k; i++) input[i] = first + stride * (i + lost);
      for (int i = 0; i < outputs; i++) output[i] = first + stride * (lost == 0 ? k + i : i);
      ec_encode_data(bytes, k, outputs, tables, input, output);
      next = (next + 1) % stripes;
      count++;
      elapsed = now_ms() - window;
    } while (elapsed < 4);
    if (window < start + 80) continue;
    speeds[windows++] = count * (double)k * bytes / 1e6 / elapsed;
    if (now_ms() > start + 80 + case_ms) break;
  }
  qsort(speeds, windows, sizeof(double), by_value);
  printf("{\"bestGBps\":%.3f,\"medianGBps\":%.3f}\n", speeds[windows - 1], speeds[windows / 2]);
  return 0;
}
