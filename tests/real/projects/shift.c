/* Preloaded: the wall clock is so many seconds ahead as the file SHIFT_FILE says. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long ahead(void) {
    const char *path = getenv("SHIFT_FILE");
    char text[32];
    int file = path ? open(path, O_RDONLY) : -1;
    ssize_t size;
    if (file < 0) return 0;
    size = read(file, text, sizeof text - 1);
    close(file);
    if (size <= 0) return 0;
    text[size] = 0;
    return atol(text);
}

int gettimeofday(struct timeval *tv, void *zone) {
    static int (*real)(struct timeval *, void *);
    int result;
    if (!real) real = dlsym(RTLD_NEXT, "gettimeofday");
    result = real(tv, zone);
    if (tv) tv->tv_sec += ahead();
    return result;
}

int clock_gettime(clockid_t clock, struct timespec *ts) {
    static int (*real)(clockid_t, struct timespec *);
    int result;
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    result = real(clock, ts);
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) ts->tv_sec += ahead();
    return result;
}

time_t time(time_t *t) {
    struct timeval tv;
    gettimeofday(&tv, 0);
    if (t) *t = tv.tv_sec;
    return tv.tv_sec;
}
