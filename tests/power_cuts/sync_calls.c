/* Replaces the calls that sync files to disk by questions to the disk model of the tests.
 *
 * Loaded into the master by LD_PRELOAD. Each call sends "file PID FD" or "all PID FD" to the Unix
 * socket POWER_CUT_SOCKET, and returns when the model has answered with one byte. Without that
 * variable the calls do what they always do. O_SYNC, and msync of a mapped file, are not replaced:
 * what they write counts as not synced.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static int ask(const char *what, int fd, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char text[64], answer = 1;
    int length = snprintf(text, sizeof text, "%s %d %d", what, (int)getpid(), fd);
    int model = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    if (model < 0 || connect(model, (struct sockaddr *)&address, sizeof address) != 0 ||
        send(model, text, length, MSG_NOSIGNAL) != length || recv(model, &answer, 1, 0) != 1)
        answer = 1;
    if (model >= 0)
        close(model);
    if (answer == 0)
        return 0;
    errno = EIO;
    return -1;
}

static int replaced(const char *what, long number, int fd)
{
    const char *path = getenv("POWER_CUT_SOCKET");
    return path && *path ? ask(what, fd, path) : (int)syscall(number, fd);
}

int fsync(int fd) { return replaced("file", SYS_fsync, fd); }
int fdatasync(int fd) { return replaced("file", SYS_fdatasync, fd); }
int syncfs(int fd) { return replaced("all", SYS_syncfs, fd); }
void sync(void) { replaced("all", SYS_sync, -1); }
