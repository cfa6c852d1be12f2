/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/number.h>
#include <k8sdns/diag/rule.h>
#include <k8sdns/model/shape/redact.h>
#include <k8sdns/source/recorder/record_reader.h>
#include <k8sdns/source/recorder/recorder.h>
#include <k8sdns/wire/recorder/record_segment.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static uint64_t random_state = 12345;

static uint64_t random_below(uint64_t n)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (random_state >> 33) % n;
}

/* ---- folders ---- */

static char *folder_new(struct arena *arena)
{
    char *path = arena_text(arena, "/tmp/k8sdns-recorder-XXXXXX");

    assert_non_null(mkdtemp(path));
    return path;
}

static void folder_remove(const char *path)
{
    DIR *listing = opendir(path);
    struct dirent *entry;

    while ((entry = readdir(listing)) != NULL)
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(listing), entry->d_name, 0);
    closedir(listing);
    rmdir(path);
}

static uint64_t size_of(const char *path)
{
    DIR *listing = opendir(path);
    struct dirent *entry;
    uint64_t total = 0;
    struct stat st;

    while ((entry = readdir(listing)) != NULL)
        if (entry->d_name[0] != '.' && fstatat(dirfd(listing), entry->d_name, &st, 0) == 0)
            total += (uint64_t)st.st_size;
    closedir(listing);
    return total;
}

/* ---- intervals ---- */

/* Interval `n`, with as much in it as `noise` random words. */
static struct interval_facts make(struct arena *arena, uint64_t n, size_t noise)
{
    struct facts *facts = ARENA_NEW(arena, struct facts);
    struct watch_facts *sampling = ARENA_NEW(arena, struct watch_facts);
    struct finding *finding = ARENA_NEW(arena, struct finding);

    facts->time = "2026-01-31T12:00:00.000Z";
    facts->host.hostname = "node-1.example";
    sampling->interval = n;
    sampling->targets = ARENA_NEW(arena, struct watch_target_facts);
    sampling->targets_count = 1;
    *sampling->targets = (struct watch_target_facts){
        .id = "10.244.1.21", .address = "10.244.1.21", .sent = n * 10, .answered = n * 10 - n % 3};
    facts->sampling = sampling;
    for (size_t i = 0; i < noise; i++)
        *ARENA_PUSH(arena, facts->names, facts->names_count) =
            (struct asked_name){arena_printf(arena, "%llx%llx", (unsigned long long)random_below(UINT64_MAX),
                                             (unsigned long long)random_below(UINT64_MAX)),
                                NAME_GIVEN};
    *finding = (struct finding){.id = "replica-unreachable", .title = "t", .subject = "10.244.1.21"};
    return (struct interval_facts){.time = arena_printf(arena, "2026-01-31T12:%02llu:%02llu.000Z",
                                                        (unsigned long long)(n / 6 % 60),
                                                        (unsigned long long)(n % 6 * 10)),
                                   .span_ms = 10000,
                                   .facts = facts,
                                   .findings = finding,
                                   .findings_count = n % 4 == 0};
}

static void record(struct arena *arena, const char *folder, const char *keep, uint64_t from, uint64_t to,
                   size_t noise)
{
    struct recorder_options options = {.folder = folder};
    struct recorder *recorder;
    struct err err = {0};

    assert_int_equal(recorder_keep_parse(keep, &options, &err), 0);
    assert_int_equal(recorder_open(&options, &recorder, &err), 0);
    for (uint64_t n = from; n < to; n++) {
        struct interval_facts interval = make(arena, n, noise);

        assert_int_equal(recorder_add(recorder, &interval, &err), 0);
        assert_int_equal(recorder_counts(recorder).bytes, size_of(folder));
        assert_true(size_of(folder) <= options.keep_bytes);
    }
    recorder_close(recorder);
}

/* The numbers of the intervals that are read. */
static size_t read_back(struct arena *arena, const char *folder, uint64_t **ret_numbers,
                        struct recording *recording)
{
    struct recording_cursor *cursor;
    struct err err = {0};
    size_t count = 0;

    assert_int_equal(recording_open(arena, folder, recording, &err), 0);
    cursor = recording_cursor_new(recording);
    *ret_numbers = NULL;
    for (size_t i = 0; i < recording->intervals_count; i++) {
        struct interval_facts interval;

        assert_int_equal(recording_read(cursor, i, INTERVAL_WHOLE, arena, &interval, &err), 0);
        *ARENA_PUSH(arena, *ret_numbers, count) = interval.facts->sampling->interval;
        assert_int_equal(interval.facts->sampling->targets[0].sent, interval.facts->sampling->interval * 10);
        assert_int_equal(interval.findings_count, interval.facts->sampling->interval % 4 == 0);
        assert_string_equal(interval.facts->host.hostname, "node-1.example");
    }
    recording_cursor_free(cursor);
    return count;
}

/* ---- tests ---- */

static void test_round_trip(void **state)
{
    char *folder = folder_new(*state);
    struct recording recording;
    struct recording_cursor *cursor;
    struct interval_facts interval;
    struct err err = {0};
    uint64_t *numbers;
    size_t count;

    record(*state, folder, "1M", 1, 21, 5);
    record(*state, folder, "1M", 21, 31, 5);
    count = read_back(*state, folder, &numbers, &recording);
    assert_int_equal(count, 30);
    assert_int_equal(recording.damaged, 0);
    assert_int_equal(recording.segments_count, 2);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(numbers[i], i + 1);
    /* In any order. */
    cursor = recording_cursor_new(&recording);
    for (size_t i = 0; i < 200; i++) {
        size_t index = random_below(count);

        assert_int_equal(recording_read(cursor, index, INTERVAL_TIMELINE, *state, &interval, &err), 0);
        assert_int_equal(interval.facts->sampling->interval, index + 1);
        assert_int_equal(interval.facts->names_count, 0); /* left out */
    }
    recording_cursor_free(cursor);
    folder_remove(folder);
}

/* A capture is read, and the intervals around it as if it were not there. */
static void test_capture(void **state)
{
    char *folder = folder_new(*state);
    struct recorder_options options = {.folder = folder};
    struct recorder *recorder;
    struct recording recording;
    struct recording_cursor *cursor;
    struct interval_facts interval;
    struct err err = {0};

    assert_int_equal(recorder_open(&options, &recorder, &err), 0);
    for (uint64_t n = 1; n <= 9; n++) {
        interval = make(*state, n, 3);
        interval.is_capture = n % 3 == 0;
        interval.why = n % 3 == 0 ? "path-lossy began" : NULL;
        assert_int_equal(recorder_add(recorder, &interval, &err), 0);
    }
    assert_int_equal(recorder_counts(recorder).captures, 3);
    assert_int_equal(recorder_counts(recorder).intervals, 6);
    recorder_close(recorder);
    assert_int_equal(recording_open(*state, folder, &recording, &err), 0);
    cursor = recording_cursor_new(&recording);
    for (size_t i = 9; i-- > 0;) {
        assert_int_equal(recording_read(cursor, i, INTERVAL_WHOLE, *state, &interval, &err), 0);
        assert_int_equal(interval.facts->sampling->interval, i + 1);
        assert_int_equal(interval.is_capture, (i + 1) % 3 == 0);
        assert_int_equal(recording.intervals[i].kind == SEGMENT_CAPTURE, (i + 1) % 3 == 0);
    }
    recording_cursor_free(cursor);
    folder_remove(folder);
}

/* The oldest go first, and the newest are all there. */
static void test_keep_bytes(void **state)
{
    char *folder = folder_new(*state);
    struct recording recording;
    uint64_t *numbers;
    size_t count;

    record(*state, folder, "64K", 1, 300, 20);
    count = read_back(*state, folder, &numbers, &recording);
    assert_true(count > 20 && count < 299);
    assert_true(size_of(folder) > 48 * 1024);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(numbers[i], 300 - count + i);
    /* A smaller bound holds from the beginning. */
    record(*state, folder, "1G", 300, 600, 20);
    assert_true(size_of(folder) > 128 * 1024);
    record(*state, folder, "64K", 600, 601, 20);
    folder_remove(folder);
}

static void test_keep_age(void **state)
{
    char *folder = folder_new(*state);
    struct recorder_options options = {.folder = folder, .keep_us = 1000000, .keep_bytes = 64 * 1024};
    struct recorder *recorder;
    struct recording recording;
    struct err err = {0};
    uint64_t *numbers;
    size_t count;

    record(*state, folder, "64K", 1, 40, 20);
    assert_true(read_back(*state, folder, &numbers, &recording) == 39);
    sleep(2);
    assert_int_equal(recorder_open(&options, &recorder, &err), 0);
    for (uint64_t n = 40; n < 42; n++) {
        struct interval_facts interval = make(*state, n, 200);

        assert_int_equal(recorder_add(recorder, &interval, &err), 0);
    }
    recorder_close(recorder);
    count = read_back(*state, folder, &numbers, &recording);
    /* The last segment of before ended when this one began, so it stays for as long again. */
    assert_true(count >= 2 && numbers[count - 1] == 41 && numbers[0] > 20);
    folder_remove(folder);
}

/* Whatever is done to one file, all others are read, and of it what comes before the damage. */
static void test_damage(void **state)
{
    char *folder = folder_new(*state);
    struct recording recording;
    uint64_t *numbers;
    size_t all;

    record(*state, folder, "64K", 1, 100, 10);
    all = read_back(*state, folder, &numbers, &recording);
    assert_true(recording.segments_count > 5);
    for (int round = 0; round < 400; round++) {
        struct arena *arena = arena_new();
        const struct recorded_segment *chosen = &recording.segments[random_below(recording.segments_count)];
        char *path = arena_printf(arena, "%s/%s", folder, chosen->name), *bytes;
        size_t len = (size_t)chosen->size, at = random_below(len), count, kept = 0;
        struct recording damaged;
        int fd = open(path, O_RDWR);
        uint64_t *found;

        bytes = arena_alloc(arena, len);
        assert_int_equal(pread(fd, bytes, len, 0), len);
        if (round % 3 == 0) {
            assert_int_equal(ftruncate(fd, (off_t)at), 0);
        } else if (round % 3 == 1) {
            uint8_t flipped = (uint8_t)((uint8_t)bytes[at] ^ (1U << random_below(8)));

            assert_int_equal(pwrite(fd, &flipped, 1, (off_t)at), 1);
        } else {
            char zeros[64] = {0};
            size_t n = random_below(sizeof(zeros)) + 1;

            n = n < len - at ? n : len - at;
            assert_int_equal(pwrite(fd, zeros, n, (off_t)at), n);
        }
        count = read_back(arena, folder, &found, &damaged);
        assert_int_equal(damaged.segments_count, recording.segments_count);
        /* Zeros over zeros, or a cut between two records, are no damage that shows. */
        for (size_t i = 0; i < damaged.segments_count; i++) {
            bool is_chosen = strcmp(damaged.segments[i].name, chosen->name) == 0;

            if (is_chosen)
                assert_true(damaged.segments[i].damage ||
                            damaged.segments[i].good_size == damaged.segments[i].size);
            else
                assert_null(damaged.segments[i].damage);
            kept += is_chosen ? damaged.segments[i].intervals : recording.segments[i].intervals;
        }
        if (round % 3 == 1)
            assert_int_equal(damaged.damaged, 1);
        assert_int_equal(count, kept);
        assert_true(count <= all);
        /* What is there is what was written, in its order. */
        for (size_t i = 1; i < count; i++)
            assert_true(found[i] > found[i - 1]);
        assert_int_equal(pwrite(fd, bytes, len, 0), len);
        close(fd);
        arena_free(arena);
    }
    assert_int_equal(read_back(*state, folder, &numbers, &recording), all);
    folder_remove(folder);
}

/* Others' files are left alone; one recorder has the folder; a name that is taken is passed over. */
static void test_folder(void **state)
{
    char *folder = folder_new(*state), *stray;
    struct recorder_options options = {.folder = folder};
    struct recorder *one, *two;
    struct recording recording;
    struct interval_facts interval = make(*state, 1, 1);
    struct err err = {0};

    assert_int_equal(recording_open(*state, folder, &recording, &err), -EBADMSG);
    stray = arena_printf(*state, "%s/notes.k8sdns", folder);
    close(open(stray, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(recorder_open(&options, &one, &err), 0);
    assert_int_equal(recorder_open(&options, &two, &err), -EWOULDBLOCK);
    assert_non_null(strstr(err.text, "another k8sdns"));
    assert_int_equal(mkdir(arena_printf(*state, "%s/00000001.k8sdns", folder), 0700), 0);
    assert_true(recorder_add(one, &interval, &err) < 0);
    assert_int_equal(recorder_add(one, &interval, &err), 0);
    assert_int_equal(recorder_counts(one).dropped, 1);
    recorder_close(one);
    assert_int_equal(recording_open(*state, folder, &recording, &err), 0);
    assert_int_equal(recording.intervals_count, 1);
    assert_int_equal(access(stray, F_OK), 0);
    rmdir(arena_printf(*state, "%s/00000001.k8sdns", folder));
    folder_remove(folder);
    options.folder = "/proc/none/there";
    assert_true(recorder_open(&options, &one, &err) < 0);
}

/* A recorder that ends at once leaves a process of its own behind, which does not keep the next one out. */
static void test_forked(void **state)
{
    struct recorder_options options = {.folder = folder_new(*state)};
    struct recorder *next;
    struct err err = {0};
    pid_t recording, forked = 0;
    int ends[2], status;

    assert_int_equal(pipe(ends), 0);
    recording = fork();
    if (recording == 0) {
        struct recorder *recorder;

        if (recorder_open(&options, &recorder, &err) < 0)
            _exit(1);
        forked = fork();
        if (forked == 0) {
            recorder_forked(recorder);
            forked = getpid();
            if (write(ends[1], &forked, sizeof(forked)) > 0)
                pause();
            _exit(1);
        }
        pause();
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &forked, sizeof(forked)), sizeof(forked));
    kill(recording, SIGKILL);
    waitpid(recording, &status, 0);
    assert_int_equal(recorder_open(&options, &next, &err), 0);
    recorder_close(next);
    kill(forked, SIGKILL);
    close(ends[0]);
    folder_remove(options.folder);
}

/* An interval that is larger than half of all is dropped, and the next one is written. */
static void test_too_large(void **state)
{
    char *folder = folder_new(*state);
    struct recorder_options options = {.folder = folder, .keep_bytes = 64 * 1024};
    struct recorder *recorder;
    struct interval_facts interval = make(*state, 1, 10000);
    struct err err = {0};

    assert_int_equal(recorder_open(&options, &recorder, &err), 0);
    assert_int_equal(recorder_add(recorder, &interval, &err), -EFBIG);
    interval = make(*state, 2, 1);
    assert_int_equal(recorder_add(recorder, &interval, &err), 0);
    assert_int_equal(recorder_counts(recorder).dropped, 1);
    recorder_close(recorder);
    folder_remove(folder);
}

/* Every rule's id can be read after it. */
static void test_redact_ids(void **state)
{
    json_t *all = json_array(), *envelope;

    (void)state;
    for (size_t i = 0; rules[i]; i++)
        json_array_append_new(all, json_pack("{s:s, s:s, s:s}", "id", rules[i]->id, "consequence_of",
                                             rules[i]->id, "subject", rules[i]->id));
    envelope = json_pack("{s:{s:o}}", "data", "findings", all);
    json_redact(envelope, &interval_facts_shape, "word");
    all = json_object_get(json_object_get(envelope, "data"), "findings");
    for (size_t i = 0; rules[i]; i++) {
        json_t *one = json_array_get(all, i);

        assert_string_equal(json_string_value(json_object_get(one, "id")), rules[i]->id);
        assert_string_equal(json_string_value(json_object_get(one, "consequence_of")), rules[i]->id);
        assert_string_not_equal(json_string_value(json_object_get(one, "subject")), rules[i]->id);
    }
    json_decref(envelope);
}

/* Nothing that is not in the words that are kept is in the files. */
static void test_redact(void **state)
{
    char *folder = folder_new(*state);
    struct recorder_options options = {.folder = folder, .redact = "word"};
    struct recorder *recorder;
    struct recording recording;
    struct recording_cursor *cursor;
    struct interval_facts interval = make(*state, 4, 1);
    struct err err = {0};

    interval.why = "secret.example began";
    assert_int_equal(recorder_open(&options, &recorder, &err), 0);
    assert_int_equal(recorder_add(recorder, &interval, &err), 0);
    recorder_close(recorder);
    assert_int_equal(recording_open(*state, folder, &recording, &err), 0);
    cursor = recording_cursor_new(&recording);
    assert_int_equal(recording_read(cursor, 0, INTERVAL_WHOLE, *state, &interval, &err), 0);
    assert_string_not_equal(interval.facts->host.hostname, "node-1.example");
    assert_string_equal(interval.findings[0].id, "replica-unreachable");
    assert_string_not_equal(interval.findings[0].subject, "10.244.1.21");
    assert_string_equal(interval.findings[0].subject, interval.facts->sampling->targets[0].id);
    assert_int_equal(interval.facts->sampling->targets[0].sent, 40);
    assert_null(strstr(interval.why, "secret"));
    recording_cursor_free(cursor);
    folder_remove(folder);
}

static void test_keep_words(void **state)
{
    static const struct {
        const char *text;
        uint64_t bytes, us;
    } good[] = {
        {"512M,24h", UINT64_C(536870912), UINT64_C(86400000000)},
        {"24h,512M", UINT64_C(536870912), UINT64_C(86400000000)},
        {"64K", 65536, 7},
        {"2G", UINT64_C(2147483648), 7},
        {"90m", 7, UINT64_C(5400000000)},
        {"1h30m", 7, UINT64_C(5400000000)},
    };
    static const char *const bad[] = {"",     ",",     "512M,", ",24h", "512",         "1K",    "M",
                                      "-64K", "5x,1M", "24",    "1.5M", "9999999999G", "0s,1M", "64k"};
    struct err err;

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        struct recorder_options options = {.keep_bytes = 7, .keep_us = 7};

        assert_int_equal(recorder_keep_parse(good[i].text, &options, &err), 0);
        assert_int_equal(options.keep_bytes, good[i].bytes);
        assert_int_equal(options.keep_us, good[i].us);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct recorder_options options = {.keep_bytes = 7, .keep_us = 7};

        assert_true(recorder_keep_parse(bad[i], &options, &err) < 0);
        assert_int_equal(err.kind, ERR_USAGE);
        assert_int_equal(options.keep_bytes, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(test_round_trip), ARENA_TEST(test_capture), ARENA_TEST(test_keep_bytes),
        ARENA_TEST(test_keep_age),   ARENA_TEST(test_damage),  ARENA_TEST(test_folder),
        ARENA_TEST(test_too_large),  ARENA_TEST(test_redact),  ARENA_TEST(test_keep_words),
        ARENA_TEST(test_redact_ids), ARENA_TEST(test_forked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
