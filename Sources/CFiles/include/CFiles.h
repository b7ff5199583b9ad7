// Files and signals for room Files: system calls that answer with errno, and a registry of temporary paths in fixed storage that a
// signal handler can sweep (it may neither allocate nor lock).
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What stands at a path: 0 nothing (or not reachable), 1 a file, 2 a folder, 3 something else. `size` is set for files,
/// `why` to errno where there is nothing.
int cf_kind(const char *_Nonnull path, int64_t *_Nonnull size, int *_Nonnull why);

// Each: 0 or errno.
int cf_may_write(const char *_Nonnull folder);
int cf_make_folder(const char *_Nonnull path);
int cf_remove_folder(const char *_Nonnull path);
int cf_remove(const char *_Nonnull path);
int cf_rename(const char *_Nonnull from, const char *_Nonnull to);
int cf_link(const char *_Nonnull from, const char *_Nonnull to);
int cf_write(const char *_Nonnull path, const void *_Nullable bytes, size_t count);

/// Adds bytes at a file's end; the file is made where it is missing. 0 or errno.
int cf_append(const char *_Nonnull path, const void *_Nullable bytes, size_t count);

/// Takes the lock that a file stands for (flock), which the system lets go of when the process ends, however it ends.
///
/// The open file, or -errno; -EWOULDBLOCK where another holds it and `wait` is 0. Where the file system has no locks, the file is open all
/// the same, and `held` is 0.
int cf_lock(const char *_Nonnull path, int wait, int *_Nonnull held);
/// Removes the lock's file and lets go of it.
void cf_unlock(const char *_Nonnull path, int fd);

/// The system's words for an errno, into `text`.
void cf_words(int why, char *_Nonnull text, size_t count);
int cf_process(void);
/// Seconds since 1970.
double cf_now(void);

/// What tells one file from another, and when it was last changed (seconds since 1970). 0 or errno, as the next four.
int cf_identity(
  const char *_Nonnull path, uint64_t *_Nonnull device, uint64_t *_Nonnull node, double *_Nonnull changed);
/// A regular file's bytes in memory, given back by cf_unmap; NULL for an empty file.
int cf_map(const char *_Nonnull path, const void *_Nullable *_Nonnull bytes, size_t *_Nonnull count);
void cf_unmap(const void *_Nullable bytes, size_t count);
/// A copy of a file's bytes, given back by cf_free.
int cf_read(const char *_Nonnull path, char *_Nullable *_Nonnull bytes, size_t *_Nonnull count);
/// The names in a folder, each followed by a zero byte, given back by cf_free.
int cf_list(const char *_Nonnull folder, char *_Nullable *_Nonnull names, size_t *_Nonnull count);
void cf_free(char *_Nullable bytes);

/// Who may have written a temporary file.
///
/// A number for the boot of the machine and the space of process numbers that this process lives in; 0 where the system does not say.
uint64_t cf_host(void);
/// When a process began, in the system's ticks since the boot; 0 where that is not known, and for processes that have ended.
uint64_t cf_process_start(int process);
/// 1: there is such a process, 0: there is none (or it has ended and its parent has not asked yet).
int cf_process_lives(int process);

/// Gives standard input, output and error a place where they are closed, or the next file opened would take theirs and get what is
/// written to them; writing to them fails as it did.
void cf_open_closed_streams(void);

/// Notes a temporary file (or a folder made on the way) to be removed if a signal ends the process; −1: no room or path too long.
int cf_register(const char *_Nonnull path, int is_folder);
void cf_unregister(int slot);
/// Between these two, a signal waits: all renames of a set happen, or none.
void cf_commit_begin(void);
void cf_commit_end(void);
/// Removes what is registered, for who ends the process at once; like a signal handler it neither allocates nor locks.
void cf_abandon(void);
/// SIGINT, SIGTERM, SIGHUP and the signals of a crash remove what is registered and then end the process as usual; SIGXFSZ and SIGPIPE
/// become write errors.
void cf_install_signal_handlers(void);

/// A SHA-256 in the making; `plainly` leaves the processor's own instructions aside.
typedef struct {
  uint32_t state[8];
  uint64_t count;
  uint8_t rest[64];
  int plainly;
} cf_sha256;

void cf_sha256_begin(cf_sha256 *_Nonnull hash, int plainly);
void cf_sha256_add(cf_sha256 *_Nonnull hash, const void *_Nullable bytes, size_t count);
void cf_sha256_end(cf_sha256 *_Nonnull hash, uint8_t *_Nonnull digest);
/// The 32 bytes of a file's digest; 0 or errno.
int cf_sha256_file(const char *_Nonnull path, uint8_t *_Nonnull digest);

#ifdef __cplusplus
}
#endif
