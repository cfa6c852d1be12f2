/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Run a fuzz target over a folder, and over its files damaged in fixed ways: cut, flipped, zeroed, doubled.
 */
#include "fuzz.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DAMAGES 200

/* The same sequence on every machine. Source: Marsaglia, "Xorshift RNGs", 2003. */
static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* On the heap at the exact size, so that a sanitizer sees a read behind the end. */
static void run_exact(const uint8_t *bytes, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);

    if (!copy)
        abort();
    if (len)
        memcpy(copy, bytes, len);
    LLVMFuzzerTestOneInput(copy, len);
    free(copy);
}

static void damage(const uint8_t *bytes, size_t len, uint32_t *random)
{
    uint8_t *copy = malloc(2 * len + 1);
    size_t now = len;

    if (!copy)
        abort();
    for (int i = 0; i < DAMAGES && len; i++) {
        memcpy(copy, bytes, len);
        now = len;
        for (uint32_t k = next_random(random) % 4; k > 0; k--)
            copy[next_random(random) % len] = (uint8_t)(next_random(random) % 3 ? next_random(random) : 0xff);
        if (next_random(random) % 3 == 0)
            now = next_random(random) % (len + 1);
        if (next_random(random) % 5 == 0) {
            memcpy(copy + now, bytes, len);
            now += len;
        }
        run_exact(copy, now);
    }
    free(copy);
}

/* Return the files run, or -1 when the folder or a file in it cannot be read. */
static int run_folder(const char *folder, uint32_t *random)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort), ran = 0;

    for (int i = 0; i < count; i++) {
        char path[4096];
        struct stat st;
        uint8_t *bytes;
        FILE *file;

        snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        free(entries[i]);
        if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
            continue;
        file = fopen(path, "rb");
        bytes = malloc((size_t)st.st_size + 1);
        if (!file || !bytes || fread(bytes, 1, (size_t)st.st_size, file) != (size_t)st.st_size)
            return -1;
        fclose(file);
        run_exact(bytes, (size_t)st.st_size);
        damage(bytes, (size_t)st.st_size, random);
        free(bytes);
        ran++;
    }
    if (count >= 0)
        free(entries);
    return count < 0 ? -1 : ran;
}

int main(int argc, char **argv)
{
    uint32_t random = 2463534242U;

    for (int i = 1; i < argc; i++) {
        int ran = run_folder(argv[i], &random);

        if (ran <= 0) {
            fprintf(stderr, "%s: cannot be read, or has no files: %s\n", argv[i], strerror(errno));
            return 1;
        }
        printf("%s: %d files, each also damaged %d times\n", argv[i], ran, DAMAGES);
    }
    run_exact(NULL, 0);
    return argc > 1 ? 0 : 64;
}
