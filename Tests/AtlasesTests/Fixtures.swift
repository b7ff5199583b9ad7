import Foundation
import PellucidAtlases
import PellucidFaults
import PellucidVolumes
@_exported import TestSupport
import Testing

/// `Tests/References/`, wherever the checkout is.
let references = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(
  path: "References")
/// The checkout's folder.
let checkout = references.deletingLastPathComponent().deletingLastPathComponent().path

/// A case of `make_atlases.py`: a relevance volume, an atlas on another grid, and what nibabel and numpy say of them.
struct ReferenceCase: Decodable, CustomTestStringConvertible {
  struct Field: Decodable {
    var shape: [Int]
    var affine: [Double]
  }

  enum Cell: Decodable {
    case number(Double)
    case text(String)
    case none

    init(from decoder: any Decoder) throws {
      let box = try decoder.singleValueContainer()
      if box.decodeNil() {
        self = .none
      } else if let number = try? box.decode(Double.self) {
        self = .number(number)
      } else {
        self = .text(try box.decode(String.self))
      }
    }
  }

  var name: String
  var shape: [Int]
  var affine: [Double]
  var channels: Int
  var values: [Float]
  var atlas_shape: [Int]
  var atlas_affine: [Double]
  var labels: [Float]
  var on_grid: [Int32]
  var field: Field?
  var drops: [String: Double]?
  var table: [[String: Cell]]

  var testDescription: String { name }

  static func all() throws -> [ReferenceCase] {
    try JSONDecoder().decode(
      [ReferenceCase].self, from: Data(contentsOf: references.appending(path: "atlases/cases.json")))
  }

  var relevance: Volume {
    Volume(shape: GridShape(shape), channels: channels, voxels: values, affine: Affine(elements: affine))
  }

  func atlas() throws -> Atlas {
    let names = "index\tname\n1\tHippocampus_L\n2\tHippocampus_R\n5\tVermis\n9\tNowhere\n2001\tPrecentral_L\n"
    let image = Volume(
      shape: GridShape(atlas_shape), voxels: labels, affine: Affine(elements: atlas_affine), source: "atlas.nii.gz")
    return try Atlas(name: "blobs", image: LabelVolume(image), labels: LabelTable(text: names, source: "labels.tsv"))
  }

  var fieldOfView: FieldOfView? {
    field.map { FieldOfView(shape: GridShape($0.shape), affine: Affine(elements: $0.affine)) }
  }

  var scoreDrops: [Int32: Double]? {
    drops.map { Dictionary(uniqueKeysWithValues: $0.compactMap { key, value in Int32(key).map { ($0, value) } }) }
  }
}

extension GridShape {
  init(_ extents: [Int]) { self.init(i: extents[0], j: extents[1], k: extents[2]) }
}

/// A label image of n × 1 × 1 voxels of 1 mm.
func strip(_ values: [Float]) throws(PellucidError) -> LabelVolume {
  try LabelVolume(
    Volume(shape: GridShape(i: values.count, j: 1, k: 1), voxels: values, affine: .identity, source: "strip.nii"))
}
