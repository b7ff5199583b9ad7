public import PellucidFaults

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension PellucidError {
  /// A file or folder could not be written; the reason is the system's `errno`.
  public static func unwritable(_ file: String, errno code: Int32) -> Self {
    let remedy =
      switch code {
      case ENOSPC, EDQUOT, EFBIG: "free some space or choose another folder"
      case EACCES, EPERM, EROFS: "choose a folder that you may write to"
      case ENOENT, ENOTDIR: "make the folder first or choose another one"
      case EISDIR, EEXIST: "choose another name"
      case ENAMETOOLONG: "choose a shorter name"
      case EBADF, EPIPE: "send it to a file, or to a program that reads all of it"
      default: "choose another folder"
      }
    return .init(.output, at: .init(file: file), what: "it cannot be written", why: systemWords(code), remedy: remedy)
  }

  /// A file could not be read; the reason is the system's `errno`.
  public static func unreadable(_ file: String, errno code: Int32) -> Self {
    .init(
      .badData, at: .init(file: file), what: "the file cannot be read", why: systemWords(code),
      remedy: "check the path and its permissions")
  }

  /// Where a file is to go, there is a folder.
  static func folderInTheWay(_ file: String) -> Self {
    .init(
      .output, at: .init(file: file), what: "it cannot be written", why: "a folder of that name is there",
      remedy: "remove the folder or choose another name")
  }

  /// Where a file is to go, there is a device or a pipe; renaming a file to that name would take its place.
  static func deviceInTheWay(_ file: String) -> Self {
    .init(
      .output, at: .init(file: file), what: "it cannot be written", why: "it is a device or a pipe, not a file",
      remedy: "give the name of a file")
  }

  /// Where a folder is to be, there is a file.
  static func fileInTheWay(_ folder: String) -> Self {
    .init(
      .output, at: .init(file: folder), what: "it is not a folder", why: "a file of that name is there",
      remedy: "choose another folder")
  }

  /// A path for a file that ends in a slash or is empty.
  static func namelessFile(_ path: String) -> Self {
    .init(.output, at: .init(file: path), what: "it names no file", remedy: "give the file's own name too")
  }

  /// A result would take the place of a file that this run has read.
  static func replacesInput(_ file: String, input: String) -> Self {
    .init(
      .output, at: .init(file: file), what: "it is not written",
      why: file == input ? "it is a file that was read" : "it is \(input), which was read",
      remedy: "give the result another name or folder")
  }

  /// Two results of one name.
  static func twoOfOneName(_ file: String) -> Self {
    .init(
      .output, at: .init(file: file), what: "it is not written", why: "two results would have this name",
      remedy: "write them one by one, into folders of their own")
  }
}
