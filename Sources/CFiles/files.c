// System calls that answer with 0 or errno.
#include "CFiles.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
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

int cf_write(const char *path, const void *bytes, size_t count) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return errno;
  size_t done = 0;
  while (done < count) {
    ssize_t put = write(fd, (const char *)bytes + done, count - done < (1u << 30) ? count - done : (1u << 30));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) {
      int why = put < 0 ? errno : EIO;
      close(fd);
      return why;
    }
    done += (size_t)put;
  }
  return close(fd) == 0 ? 0 : errno;
}

void cf_words(int why, char *text, size_t count) { snprintf(text, count, "%s", strerror(why)); }
