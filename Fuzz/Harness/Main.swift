import CFuzzer
import Foundation

/// `READER=onnx PellucidFuzz [libFuzzer's options] CORPUS…`: feeds one of the readers with mutated files.
///
/// A reader may refuse whatever it is given, with one line; a trap, a hang (`-timeout`), too much memory (`-rss_limit_mb`) and an error
/// of Pellucid's own end the run, and libFuzzer writes the input that did it.
@main
enum Main {
  static func main() { exit(run()) }

  /// The reader under test; libFuzzer's callback takes no context.
  static let reader: Reader = {
    let name = ProcessInfo.processInfo.environment["READER"] ?? ""
    guard let reader = Reader(rawValue: name) else {
      fatalError("READER must be one of \(Reader.allCases.map(\.rawValue))")
    }
    return reader
  }()

  private static func run() -> Int32 {
    _ = reader
    var count = CommandLine.argc
    var arguments = unsafe CommandLine.unsafeArgv as UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
    return unsafe LLVMFuzzerRunDriver(&count, &arguments) { data, size in unsafe test(data, size) }
  }
}

/// One input; libFuzzer's runtime also asks for it by this name.
@_cdecl("LLVMFuzzerTestOneInput")
func test(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  guard let data = unsafe data else { return 0 }
  let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: size))
  Main.reader.read(bytes)
  return 0
}

/// Changes the input: models half of the time field by field, so that what comes out still is a model.
@_cdecl("LLVMFuzzerCustomMutator")
func mutate(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ most: Int, _ seed: UInt32) -> Int {
  if Main.reader == .onnx, seed % 4 != 0 {
    let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: size))
    var noise = ModelMutator(seed: seed)
    if let changed = noise.mutated(bytes), changed.count <= most {
      for (index, byte) in changed.enumerated() { unsafe data[index] = byte }
      return changed.count
    }
  }
  return unsafe LLVMFuzzerMutate(data, size, most)
}
