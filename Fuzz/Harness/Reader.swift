import Foundation
import PellucidAtlases
import PellucidAttribution
import PellucidExplaining
import PellucidFaults
import PellucidModelCards
import PellucidNetworks
import PellucidOnnxFiles
import PellucidOnnxFormat
import PellucidTensors
import PellucidTransforms
import PellucidVolumes

/// A reader of files from anywhere.
enum Reader: String, CaseIterable {
  case onnx, nifti, card, labels, transform

  /// Reads the bytes as a file of this kind, and uses what was read a little.
  func read(_ bytes: [UInt8]) {
    do throws(PellucidError) {
      switch self {
      case .onnx: try Self.runModel(bytes)
      case .nifti: _ = try Volume(contentsOf: try Self.file(bytes, Self.imageEnding(bytes)))
      case .card:
        let text = String(decoding: bytes, as: UTF8.self)
        Self.holding { () throws(PellucidError) in _ = try ModelCard(yaml: text, file: "card.yaml") }
        Self.holding { () throws(PellucidError) in _ = try CompositeRecipe(yaml: text, file: "composite.yaml") }
        _ = try AtlasCard(text: text, source: "atlas.yaml", folderName: "atlas")
      case .labels: _ = try LabelTable(text: String(decoding: bytes, as: UTF8.self), source: "labels.txt")
      case .transform: _ = try TransformFile(try TransformReference(try Self.file(bytes, "tfm")))
      }
    } catch {
      Self.check(error)
    }
  }

  private static func holding(_ body: () throws(PellucidError) -> Void) {
    do { try body() } catch { check(error) }
  }

  /// An error must be the file's, not Pellucid's, and be a line that can be printed.
  private static func check(_ error: PellucidError) {
    guard error.kind != .internalFault, !error.line.isEmpty, error.line.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
    else {
      fatalError("an error that is not the file's: \(error)")
    }
  }

  /// Most values and multiply-adds of a network that is also run, forward and back.
  private static let cheap = 1 << 16

  private static func runModel(_ bytes: [UInt8]) throws(PellucidError) {
    let network = try Network(try OnnxModel(bytes: bytes, path: "model.onnx"), spatial: [6, 5, 4])
    let graph = network.imported
    _ = ReceptiveField.all(of: graph)
    guard graph.values.allSatisfy({ $0.shape.count < cheap }), graph.nodes.count < 200 else { return }
    let image = Tensor(repeating: 0.5, shape: network.inputShape)
    let trace = try network.trace(image)
    let ones = Tensor(repeating: 1, shape: Shape([1, network.outputCount]))
    _ = try trace.backward(ones, to: [network.graph.input])
    let box = Box(lower: [0, 0, 0], upper: network.inputShape.spatial.map { min(2, $0) })
    let pass = try IncrementalPass(network, image: image)
    for batch in pass.batches(of: [box, box, box], bytes: 1 << 26).batches {
      _ = try pass.logits(of: batch) { (_, boxes) throws(PellucidError) in
        Tensor(
          repeating: 0.25, shape: Shape([boxes.count, network.inputShape[1]] + boxes.extents), order: .channelsLast)
      }
    }
  }

  /// The name's ending that goes with the content.
  private static func imageEnding(_ bytes: [UInt8]) -> String { bytes.starts(with: [0x1F, 0x8B]) ? "nii.gz" : "nii" }

  /// A file of these bytes; one a process and ending, written again and again.
  private static func file(_ bytes: [UInt8], _ ending: String) throws(PellucidError) -> String {
    let folder = FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
    let path = "\(folder)/pellucid-fuzz-\(getpid()).\(ending)"
    guard FileManager.default.createFile(atPath: path, contents: Data(bytes)) else {
      fatalError("\(path) cannot be written")
    }
    return path
  }
}
