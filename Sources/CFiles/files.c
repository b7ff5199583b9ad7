// System calls that answer with 0 or errno.
#include "CFiles.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int cf_kind(const char *path, int64_t *size, int *why) {
  struct stat s;
  *size = 0;
  *why = 0;
  if (stat(path, &s) != 0) {
    *why = errno;
    return 0;
  }
  if (S_ISDIR(s.st_mode)) return 2;
  if (!S_ISREG(s.st_mode)) return 3;
  *size = (int64_t)s.st_size;
  return 1;
}

int cf_may_write(const char *folder) { return access(folder, W_OK | X_OK) == 0 ? 0 : errno; }
int cf_make_folder(const char *path) { return mkdir(path, 0777) == 0 ? 0 : errno; }
int cf_remove_folder(const char *path) { return rmdir(path) == 0 ? 0 : errno; }
int cf_remove(const char *path) { return unlink(path) == 0 ? 0 : errno; }
int cf_rename(const char *from, const char *to) { return rename(from, to) == 0 ? 0 : errno; }
int cf_link(const char *from, const char *to) { return link(from, to) == 0 ? 0 : errno; }
int cf_process(void) { return (int)getpid(); }

static int put(int fd, const char *bytes, size_t count) {
  while (count > 0) {
    ssize_t done = write(fd, bytes, count < (1u << 30) ? count : (1u << 30));
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return done < 0 ? errno : EIO;
    bytes += done;
    count -= (size_t)done;
  }
  return 0;
}

int cf_write(const char *path, const void *bytes, size_t count) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return errno;
  int why = put(fd, bytes, count);
  return close(fd) == 0 || why ? why : errno;
}

int cf_append(const char *path, const void *bytes, size_t count) {
  int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (fd < 0) return errno;
  int why = put(fd, bytes, count);
  return close(fd) == 0 || why ? why : errno;
}

int cf_lock(const char *path, int wait, int *held) {
  for (;;) {
    // Over NFS an exclusive lock needs a file that is open for writing.
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) return -errno;
    int refused;
    do refused = flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB)) == 0 ? 0 : errno;
    while (refused == EINTR);
    *held = refused == 0;
    if (refused == ENOLCK || refused == ENOSYS || refused == EOPNOTSUPP) return fd;
    if (refused) {
      close(fd);
      return -refused;
    }
    // Whoever held it before has removed its file: the lock of a file without a name keeps nobody out.
    struct stat own, there;
    if (fstat(fd, &own) == 0 && stat(path, &there) == 0 && own.st_ino == there.st_ino && own.st_dev == there.st_dev) {
      return fd;
    }
    close(fd);
  }
}

void cf_unlock(const char *path, int fd) {
  unlink(path);
  close(fd);
}

void cf_words(int why, char *text, size_t count) { snprintf(text, count, "%s", strerror(why)); }

int cf_identity(const char *path, uint64_t *device, uint64_t *node, double *changed) {
  struct stat s;
  if (stat(path, &s) != 0) return errno;
  *device = (uint64_t)s.st_dev;
  *node = (uint64_t)s.st_ino;
#ifdef __APPLE__
  *changed = (double)s.st_mtimespec.tv_sec + 1e-9 * (double)s.st_mtimespec.tv_nsec;
#else
  *changed = (double)s.st_mtim.tv_sec + 1e-9 * (double)s.st_mtim.tv_nsec;
#endif
  return 0;
}

double cf_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int cf_map(const char *path, const void **bytes, size_t *count) {
  *bytes = NULL;
  *count = 0;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return errno;
  struct stat s;
  int why = fstat(fd, &s) == 0 ? 0 : errno;
  if (!why && S_ISDIR(s.st_mode)) why = EISDIR;
  if (!why && !S_ISREG(s.st_mode)) why = EINVAL;
  if (!why && s.st_size > 0) {
    void *map = mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED) {
      why = errno;
    } else {
      *bytes = map;
      *count = (size_t)s.st_size;
    }
  }
  close(fd);
  return why;
}

void cf_unmap(const void *bytes, size_t count) {
  if (bytes) munmap((void *)bytes, count);
}

int cf_read(const char *path, char **bytes, size_t *count) {
  *bytes = NULL;
  *count = 0;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  struct stat s = {0};
  // What is no regular file (a pipe, /dev/stdin) tells no size.
  size_t room = fstat(fd, &s) == 0 && S_ISREG(s.st_mode) ? (size_t)s.st_size + 1 : 1 << 16;
  char *held = malloc(room);
  int why = held ? 0 : ENOMEM;
  while (!why) {
    if (*count == room) {
      char *larger = realloc(held, 2 * room);
      if (!larger) {
        why = ENOMEM;
        break;
      }
      held = larger;
      room *= 2;
    }
    ssize_t got = read(fd, held + *count, room - *count);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) why = errno;
    if (got <= 0) break;
    *count += (size_t)got;
    // A device may never end.
    if (!S_ISREG(s.st_mode) && *count > ((size_t)1 << 26)) why = EFBIG;
  }
  close(fd);
  if (why) {
    free(held);
    return why;
  }
  *bytes = held;
  return 0;
}

void cf_free(char *bytes) { free(bytes); }

int cf_list(const char *folder, char **names, size_t *count) {
  *names = NULL;
  *count = 0;
  DIR *open_folder = opendir(folder);
  if (!open_folder) return errno;
  size_t room = 0;
  int why = 0;
  errno = 0;
  for (struct dirent *entry; !why && (entry = readdir(open_folder)); errno = 0) {
    const char *name = entry->d_name;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) continue;
    size_t length = strlen(name) + 1;
    if (*count + length > room) {
      char *larger = realloc(*names, room = 2 * room + length + 4096);
      if (!larger) {
        why = ENOMEM;
        break;
      }
      *names = larger;
    }
    memcpy(*names + *count, name, length);
    *count += length;
  }
  if (!why) why = errno;
  closedir(open_folder);
  if (why) {
    free(*names);
    *names = NULL;
    *count = 0;
  }
  return why;
}

void cf_open_closed_streams(void) {
  for (int fd = 0; fd < 3; fd++) {
    if (fcntl(fd, F_GETFD) == 0 || errno != EBADF) continue;
    // The wrong way round, so that writing and reading fail as they did.
    int opened = open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
    if (opened >= 0 && opened != fd) {
      dup2(opened, fd);
      close(opened);
    }
  }
}
