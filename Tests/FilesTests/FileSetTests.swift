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

@Suite struct `A set of files appears whole or not at all` {
  let scratch: TemporaryFolder
  init() throws { scratch = try TemporaryFolder() }

  @Test func `Files stand under their names after commit and not before`() throws {
    let set = try FileSet(folder: scratch.path)
    try set.add("one", as: "a.txt")
    try set.add([1, 2], as: "b.nii.gz")
    #expect(scratch.names.allSatisfy { $0.hasPrefix(".pellucid-") })
    try set.commit()
    #expect(scratch.names == ["a.txt", "b.nii.gz"])
    #expect(scratch.text("a.txt") == "one")
  }

  @Test func `Letting a set go leaves nothing, not even the folder it made`() throws {
    do {
      let set = try FileSet(folder: scratch.path + "/new/inner")
      try set.add("one", as: "a.txt")
    }
    #expect(scratch.names.isEmpty)
  }

  @Test func `A failure in the last file takes the others back and restores what was there`() throws {
    try AtomicFile.write("old", to: scratch.path + "/a.txt")
    try FileManager.default.createDirectory(atPath: scratch.path + "/b.txt", withIntermediateDirectories: true)
    let set = try FileSet(folder: scratch.path)
    try set.add("new", as: "a.txt")
    try set.add("new", as: "b.txt")
    let error = #expect(throws: PellucidError.self) { try set.commit() }
    #expect(error?.kind == .output)
    #expect(error?.place.file == scratch.path + "/b.txt")
    #expect(scratch.names == ["a.txt", "b.txt"])
    #expect(scratch.text("a.txt") == "old")
  }

  @Test func `A rename that fails midway restores what was there`() throws {
    try AtomicFile.write("old", to: scratch.path + "/a.txt")
    let set = try FileSet(folder: scratch.path)
    try set.add("new", as: "a.txt")
    try set.add("new", as: "c.txt")
    _ = set.temporaryPath(for: "never-written.txt")
    #expect(throws: PellucidError.self) { try set.commit() }
    #expect(scratch.names == ["a.txt"])
    #expect(scratch.text("a.txt") == "old")
  }

  @Test func `A writer's error names the file and leaves nothing`() throws {
    let error = #expect(throws: PellucidError.self) {
      try AtomicFile.write(to: scratch.path + "/a.png") { _ throws(PellucidError) in
        throw PellucidError(.output, what: "no")
      }
    }
    #expect(error?.place.file == scratch.path + "/a.png")
    #expect(scratch.names.isEmpty)
  }

  @Test(arguments: ["/missing/x.txt", "/file/x.txt"])
  func `A missing folder or a file in its place is named`(_ tail: String) throws {
    try AtomicFile.write("x", to: scratch.path + "/file")
    let error = #expect(throws: PellucidError.self) { try AtomicFile.write("x", to: scratch.path + tail) }
    #expect(error?.kind == .output)
    #expect(error?.place.file == scratch.path + tail)
    #expect(scratch.names == ["file"])
  }

  @Test func `A folder cannot be made below a file`() throws {
    try AtomicFile.write("x", to: scratch.path + "/file")
    let error = #expect(throws: PellucidError.self) { _ = try FileSet(folder: scratch.path + "/file/deep/er") }
    #expect(error?.kind == .output)
  }

  @Test func `A signal removes what is not committed and keeps what is`() async throws {
    let folder = scratch.path + "/out"
    await #expect(processExitsWith: .signal(SIGTERM)) { [folder = folder as String] in
      RemovalOnSignals.install()
      let done = try FileSet(folder: folder)
      try done.add("kept", as: "kept.txt")
      try done.commit()
      let open = try FileSet(folder: folder + "/inner/deeper")
      try open.add("lost", as: "lost.txt")
      kill(getpid(), SIGTERM)
      sleep(5)
      open.discard()
    }
    #expect(scratch.text("out/kept.txt") == "kept")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["kept.txt"])
  }
}
