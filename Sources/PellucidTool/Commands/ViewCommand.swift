import ArgumentParser
import Dispatch
import Foundation
import PellucidExplaining
import PellucidFaults
import PellucidPages
import PellucidResults
import PellucidViewServer

struct ViewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "view",
    abstract: "Serves pages of results on this machine, with the network at hand: lesions to try, further methods.",
    discussion: """
      For example:

        pellucid view results --model cnn.onnx

      The page is that of pellucid report. With --model a sphere at the crosshair can become something else, and the network is \
      asked again; further methods run with progress, and can be cancelled; what is tried is kept in the page, not in the folder.

      Only this machine can reach it: it listens on 127.0.0.1, and its address, which is printed, begins with a random token. It ends \
      with Ctrl-C.
      """)

  @Argument(help: ArgumentHelp("Folders that pellucid explain or cohort wrote.", valueName: "folder"))
  var folders: [String]

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The network, an ONNX file, for lesions and further methods.", valueName: "onnx"))
  var model: String?

  @Option(help: ArgumentHelp("The model card (default: beside the model).", valueName: "yaml"))
  var card: String?

  @Option(
    help: ArgumentHelp(
      "A folder that has the scans, if they are no longer where they were explained.", valueName: "folder"))
  var images: String?

  @Option(parsing: .unconditional, help: ArgumentHelp("The port (default: any that is free).", valueName: "n"))
  var port: UInt16?

  @Flag(help: "Open no browser, only print the address.")
  var noBrowser = false

  @OptionGroup var memory: MemoryOption
  @OptionGroup var threads: ThreadOption

  func validate() throws {
    if card != nil, model == nil { throw ValidationError("--card needs --model") }
  }

  func run() throws {
    threads.apply()
    memory.apply()
    let scans = StoredScan.all(try StoredFolders(folders).results)
    guard !scans.isEmpty else { throw PellucidError.noRecords(folders) }
    let classifier = try model.map { try ModelOptions.classifier(model: $0, card: card, inputs: []) }
    let server = ViewServer(scans, images: images, classifier: classifier)
    let opens = !noBrowser
    let serving = Task {
      try await server.run(port: port ?? 0) { address in
        try? StandardOutput.write(address)
        if opens { Self.open(address) }
      }
    }
    // Whoever ends a viewer has had what they wanted: status 0, unlike for commands that leave work undone.
    let sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { serving.cancel() }
      source.activate()
      return source
    }
    let ended = DispatchSemaphore(value: 0)
    let outcome = Outcome()
    Task {
      if case .failure(let error) = await serving.result, !(error is CancellationError) { outcome.error = error }
      ended.signal()
    }
    ended.wait()
    for source in sources { source.cancel() }
    if let error = outcome.error { throw error }
  }

  /// Written before the semaphore is signalled, read after.
  private final class Outcome: @unchecked Sendable { var error: (any Error)? }

  /// Opens a browser where there is a screen and the desktop's opener; else the printed address is all.
  private static func open(_ address: String) {
    let environment = ProcessInfo.processInfo.environment
    guard environment["DISPLAY"] != nil || environment["WAYLAND_DISPLAY"] != nil else { return }
    let places = (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/xdg-open" }
    guard let opener = places.first(where: FileManager.default.isExecutableFile(atPath:)) else { return }
    let process = Process()
    process.executableURL = URL(filePath: opener)
    process.arguments = [address]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try? process.run()
  }
}
