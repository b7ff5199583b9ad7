import PellucidNetworkViews
import Testing

/// What layers are called in the names of files.
@Suite struct LayerNameTests {
  @Test(arguments: [
    ("conv1", "conv1"), ("/layer1/conv/Conv_output_0", "layer1-conv-Conv_output_0"), ("a//b::c", "a-b-c"),
    ("-x--y-", "x--y"), ("été", "t"), ("///", "layer"), ("a.b_c-d", "a.b_c-d"), ("a/-b", "a--b"),
  ])
  func `Every run of other characters is one dash, and none stands at the ends`(name: String, file: String) {
    #expect(LayerName.file(name) == file)
  }
}
