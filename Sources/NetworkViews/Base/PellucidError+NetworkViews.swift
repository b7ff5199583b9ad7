internal import PellucidFaults

extension PellucidError {
  static func noLayerNamed(_ text: String) -> Self {
    .init(.usage, what: "`layer` \(text) is not a layer, or several with commas between")
  }

  static func noChannel(_ channel: Int, of layer: String, count: Int) -> Self {
    .init(
      .usage, what: "the layer \(layer) has no channel \(channel)",
      remedy: count == 1 ? "its only one is 0" : "they are 0 to \(count - 1)")
  }

  static func layersOfOneFile(_ layer: String) -> Self {
    .init(
      .usage, what: "two of the layers would have the same files", why: "\(layer) is called like another one in them",
      remedy: "name them by their outputs, or in two runs")
  }

  static func viewOfAnother(_ record: String, image: String) -> Self {
    .init(
      .output, at: .init(file: record), what: "it is the view of another scan", why: image,
      remedy: "write into another folder, or remove the file")
  }
}
