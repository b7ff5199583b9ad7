import FoundationEssentials
import PellucidFaults
import PellucidFiles
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct `What killed runs leave` {
  let scratch: TemporaryFolder
  init() throws { scratch = try TemporaryFolder() }

  /// Leaves temporary files by a process that dies without a chance to remove them.
  private func kill9(in folder: String) async {
    await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String] in
      RemovalOnSignals.install()
      let set = try FileSet(folder: folder)
      try set.add("half", as: "a.txt")
      try set.add("half", as: "b.nii.gz")
      kill(getpid(), SIGKILL)
    }
  }

  @Test func `is removed by the next run, with the folder that was made for it`() async throws {
    let folder = scratch.path + "/new/inner"
    await kill9(in: folder)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 2)
    do {
      let set = try FileSet(folder: folder)
      #expect(!FileManager.default.fileExists(atPath: scratch.path + "/new"))
      try set.add("whole", as: "a.txt")
      try set.commit()
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.txt"])
  }

  @Test func `is removed beside what was there before, which stays`() async throws {
    try AtomicFile.write("old", to: scratch.path + "/old.txt")
    await kill9(in: scratch.path)
    #expect(scratch.names.count == 3)
    try AtomicFile.write("new", to: scratch.path + "/new.txt")
    #expect(scratch.names == ["new.txt", "old.txt"])
  }

  @Test func `is told from the files of runs that live, of other machines and of nobody`() throws {
    let set = try FileSet(folder: scratch.path)
    try set.add("mine", as: "mine.txt")
    let own = try #require(scratch.names.first)
    let parts = own.dropFirst(".pellucid-".count).prefix { $0 != "." }.split(separator: "-").map(String.init)
    try #require(parts.count == 4)
    let (host, process, start) = (parts[0], parts[1], parts[2])
    // Process 1 always lives; the number of no process is larger than any.
    let none = String(Int32.max, radix: 36)
    let kept = [
      ".pellucid-\(host)-\(process)-\(start)-other.nii.gz", ".pellucid-1a2b-\(none)-\(start)-elsewhere.txt",
      ".pellucid-notes.txt", ".pellucid-a-b-c-d-e-f", ".pellucid-", ".pellucid-1-recent.txt",
    ]
    let removed = [
      // A number that is another process's now, and one that is nobody's.
      ".pellucid-\(host)-\(process)-1-reused.txt", ".pellucid-\(host)-\(none)-\(start)-dead.json",
    ]
    for name in kept + removed {
      #expect(FileManager.default.createFile(atPath: scratch.path + "/" + name, contents: Data()))
    }
    try AtomicFile.write("new", to: scratch.path + "/new.txt")
    #expect(scratch.names == (kept + [own, "new.txt"]).sorted())
    try set.commit()
    #expect(scratch.text("mine.txt") == "mine")
  }

  @Test func `a crash leaves nothing at all`() async throws {
    let folder = scratch.path + "/made"
    await #expect(processExitsWith: .failure) { [folder = folder as String] in
      RemovalOnSignals.install()
      let set = try FileSet(folder: folder)
      try set.add("half", as: "a.txt")
      let empty: [Int] = []
      _ = empty[set.folder.count]
    }
    #expect(scratch.names.isEmpty)
  }

  @Test func `an empty folder is not left by a set that waits for its first file`() async throws {
    let set = try FileSet(folder: scratch.path + "/later/deeper")
    #expect(scratch.names.isEmpty)
    try set.add("first", as: "a.txt")
    try set.commit()
    #expect(scratch.text("later/deeper/a.txt") == "first")
  }
}

@Suite struct `Results and what was read` {
  @Test func `a result does not take the place of a file that was read, by whatever name`() async throws {
    let scratch = try TemporaryFolder()
    let folder = scratch.path
    try AtomicFile.write("scan", to: folder + "/scan.txt")
    try FileManager.default.createSymbolicLink(atPath: folder + "/link.txt", withDestinationPath: "scan.txt")
    await #expect(processExitsWith: .success) { [folder = folder as String] in
      InputFiles.guardAgainstReplacement()
      guard FileContents.bytes(of: folder + "/link.txt") != nil else { exit(3) }
      for name in ["/scan.txt", "/link.txt", "/../" + folder.split(separator: "/").last! + "/scan.txt"] {
        do {
          try AtomicFile.write("table", to: folder + name)
          exit(4)
        } catch let fault as PellucidError {
          guard fault.kind == .output, fault.place.file == folder + name else { exit(5) }
        }
      }
      // What was not read may be replaced.
      try AtomicFile.write("one", to: folder + "/other.txt")
      try AtomicFile.write("two", to: folder + "/other.txt")
    }
    #expect(scratch.text("scan.txt") == "scan")
    #expect(scratch.names == ["link.txt", "other.txt", "scan.txt"])
    #expect(scratch.text("other.txt") == "two")
  }

  @Test func `two results of one name are refused`() throws {
    let scratch = try TemporaryFolder()
    let set = try FileSet(folder: scratch.path)
    try set.add("one", as: "a.txt")
    let fault = #expect(throws: PellucidError.self) { try set.add("two", as: "a.txt") }
    #expect(fault?.kind == .output)
    #expect(scratch.names.isEmpty)
  }
}
