/* One SPDM 1.2 certificate session and one SPDM 1.3 PSK session over MCTP, every value as the
 * DMTF's libspdm computes it. */
#ifndef CAMSEAL_TESTS_SPDM_VECTORS_H
#define CAMSEAL_TESTS_SPDM_VECTORS_H

#include <stdbool.h>

#include "test.h"

struct bytes {
    uint8_t data[1024];
    size_t len;
};

static inline struct bytes hex(const char *text)
{
    struct bytes b;
    b.len = test_hex(b.data, sizeof b.data, text);
    assert_int_equal(b.len * 2, strlen(text));
    return b;
}

static const char v12_get_version[] = "10840000";
static const char v12_version[] = "1004000000010012";
static const char v12_get_capabilities[] = "12e1000000000000c66600000012000000120000";
static const char v12_capabilities[] = "1261000000000000d66a00000012000000120000";
static const char v12_negotiate_algorithms[] =
    "12e304003000010280000000020000000000000000000000000000000000000002201000032002000420"
    "800005200100";
static const char v12_algorithms[] =
    "126304003400010204000000800000000200000000000000000000000000000000000000022010000320"
    "02000420800005200100";
static const char v12_a_hash[] =
    "16ac9276a8788d6e5e30d0183303cbcc11cf3578cdf4524ae3b4cf8342937ed7becb64cc0cc46266cb76"
    "e24b4eb2f4ff";
static const char v12_chain_hash[] =
    "4c3c2c4fc048fc507e1cfffbd032927874c40b6e4fa3821fdb9db4ccd0ad190e10034c7f95d35e1258d9"
    "5cc314088a05";
static const char v12_get_measurements[] =
    "12e001015af174a8e3a31a66f082f1929a9578163ad9ca93cdf00a6c590761e5f1dc33c000";
static const char v12_measurements[] =
    "126000200137000001013300003000a1d6755d00a66c12e3b5f8fe514441594ed86e8a821ddc55b2961f"
    "a71b6d8a12f8f42588b7c5d8362b22c6dd532950dc6f95eff45846120cfee117b0fbf1f90a0f09413634"
    "746d6fd1cc33f28c751375000095a01de2de3962133a162269afb9d6c20464e3aa424fd9df11e2a230d4"
    "c2e74a25dfb1c0988cf6d8f5b5beb5c360fa30f10f212d696977d7194254df17e9c5abc64b791d7cd0cb"
    "22a66528a4c9e79f9b34c727d8e2450e6b640f99f6e31bebd2";
static const char v12_l1_hash[] =
    "a4baff6dd3715cef44f33212d2cd31212c557c5c56197303d6813102bb7e199c7e4ac0d334621f5a8c30"
    "ea4b26c92f22";
static const char v12_measurements_prefix[] =
    "646d74662d7370646d2d76312e322e2a646d74662d7370646d2d76312e322e2a646d74662d7370646d2d"
    "76312e322e2a646d74662d7370646d2d76312e322e2a000000000000726573706f6e6465722d6d656173"
    "7572656d656e7473207369676e696e67";
static const char v12_key_exchange[] =
    "12e40000ffff00008d8204f9879ac299d7c7ec1839a1a179330ce1f564e663dd179db74d65e6503dc643"
    "57cf5c749481e8577e58ce978d3a14378cb54706bddf54b6a83b20686e1361353672a16baa1c07253596"
    "7b225fcd92821ceb2fc198c99c706bd3a2df5ea1899a7a6e69d25805813f0c95b4e81ba8c33c0bad86d1"
    "c7f5259311f945d8c984100001000000000005000101010011000000";
static const char v12_key_exchange_rsp[] =
    "12640800ffff0000a58bd80ada37899e683d19e0ad5e120fb008e0d4030bee6f15918235eb1e6ec9205b"
    "0734ade10c6f905eb11578a6a029626235ed93422e9799c52070ecfbd7ce1a4f11199e804e646df3c189"
    "6d4b871195f3848acd5a7bbf10701ae4d45fad68b8289758f6cfaed3bd45457d5ba230dfeeaedcac90cc"
    "569db5c2d58c8c2b6ab80c0001000000000004000100001167ed58abd3969f6aa9a243204e4d50dd49af"
    "97d43a8ae83a85357d1dd4abf66be4f145a03c4ce6f2fd0c8e6dd2e9381b9a4b42e12155ecfd74cca9cc"
    "a317e6b96758abafabe906178398d783eb232b0cae5d416c7d064dba977f2db5c023034f186c49a406cf"
    "468e5ac54b472115fa52ca54b351c5d58637152a2f16e214083cddc7601092a5abf6256cdcde79242842";
static const char v12_th_signed[] =
    "03c5ba3c8578e63542bc621c235e2d8b5ac388a44e04321c3a0b9b1bf2398bef9c10eeafef78ee9bd699"
    "120916cea52f";
static const char v12_kex_prefix[] =
    "646d74662d7370646d2d76312e322e2a646d74662d7370646d2d76312e322e2a646d74662d7370646d2d"
    "76312e322e2a646d74662d7370646d2d76312e322e2a0000726573706f6e6465722d6b65795f65786368"
    "616e67655f727370207369676e696e67";
static const char v12_th1[] =
    "f47d84455cc30eb9e10789c0f73a0683d1b9e6e0b0d3b557d608e5d1b63cf2d6e001c6b0b94510718a24"
    "49662c01c5dd";
static const char v12_shared[] =
    "bb552037432257a3e771c1cfd896cb1a01148bd4f66b76024cd2f82bb663ffc0b9cd0bfb18a46db99fa4"
    "4084608a87a1";
static const char v12_handshake_secret[] =
    "e691b9153ee7c7f277c0696fbdebf44e5b241ad9bb00a3da22dd3bfe610e86122359cf34703784baf703"
    "ee6fd0abd60b";
static const char v12_req_hs[] =
    "391b0e3b59f85644becd91f39d436b2255a5619c2dab40024753cf13499aa9bab881bc4a9ff9a4130bcb"
    "d2c23ca5f48d";
static const char v12_rsp_hs[] =
    "e2cb97dc33c164a61d6de94bd16fd9ae6828140c9365ae4a5ef509db4dc51447fc42e9f5b5a043ae3883"
    "fd1a8b0cb651";
static const char v12_req_hs_key[] =
    "8ab76644b1399bc722bac104c8efce8a9db034be735b3a68dcfa6c2ab8854a8c";
static const char v12_req_hs_iv[] = "8053da3e1bf51083b0c7e202";
static const char v12_rsp_hs_key[] =
    "35424da5f1a2b208419e907b940c2d3d3ffac527ad2c015282137869f81bd305";
static const char v12_rsp_hs_iv[] = "52329753c2413c6a0df3d728";
static const char v12_finish[] =
    "12e50000b583b0594a8e8dddefe98d2513d726d5db2d800bb675f4b06fb46a4874388554eec189b3d7db"
    "98d6f74a9e56d20792e7";
static const char v12_finish_hash[] =
    "781fbea8e303a725e637cb94a1732916d57d8029985cb5a6ed7d03578931527394764706126c5a0b36be"
    "040a56b4e731";
static const char v12_finish_record[] =
    "06ffffffff00006300ec9312e3d67290742e62e2f391bdcce0c6659d47e41fbaa70501c3b918a28c7323"
    "2be4e56e06d305abc2f9d6818af398353597d23d962af7dec333bb8463f67da002e35e6c1c7d06ef8ba8"
    "8df7cc8f1b91b8a45b91d3bad08143961697dc6a9c359a10";
static const char v12_finish_plain[] =
    "35000512e50000b583b0594a8e8dddefe98d2513d726d5db2d800bb675f4b06fb46a4874388554eec189"
    "b3d7db98d6f74a9e56d20792e776544cd436279dea15203a64fcf2dfa69a03b90e6623e9b958841624";
static const char v12_finish_rsp_record[] =
    "06ffffffff00001a008173d6ffb64fa8a031f2c0a9e65c415fd2b4b79006d34e7acebd";
static const char v12_th2[] =
    "7a2d5ff4ceb7609417ab2fa77be725f6570dfc9e7336090771c24d0337d5b63a1d863375a6affd257f37"
    "1cd7856cfec1";
static const char v12_req_data[] =
    "34d7e82c35bc357f8ff567d874eabff98dc815cf1eed0872cdb3ee78a01f8db7f729b9a784e3a0b4582b"
    "e523d903c5c1";
static const char v12_rsp_data[] =
    "c13e60b78d98e449ecb375e64cdbd26d13945ac13e9d1571b094fe20e4cf12becf4534b9717574502965"
    "09d6ae8df3a6";
static const char v12_export[] =
    "1ebe71597574b6f2c6d767afe4dc1466697f37422992a9a92bc4590346d99840e191966d00e119f66e1c"
    "6a1558a9e92d";
static const char v12_req_key[] =
    "f967ae414329ff57ff04fce77cacbc0cb7a4bfee0c4e25370bc1542786029100";
static const char v12_req_iv[] = "e0728b59cf936b52f971a652";
static const char v12_rsp_key[] =
    "0c18c8f9d60b856733a111ef4da6b94e4d6adc73f9f35df42a872028e305aa63";
static const char v12_rsp_iv[] = "4ebcbe4127a0699c8f362c1a";
static const char v12_req_data_2[] =
    "4a99ff37456be976393953909ffa2bc7a67b18cda8ab085765ff4d2068e9957a98c4efcd3d325cf20fc7"
    "1ca8fc34988e";
static const char v12_rsp_data_2[] =
    "9c8cef8dc120e426209afebcef825f470c31bfa375b3aa069f92087f35878e3ae7cca519ea2fe6eb0018"
    "ef51e11ea34a";
static const char v12_req_key_2[] =
    "8c9aac008c2f3f5825357d2e175f596479c6ac4f109b5b443ba8272ba03c9a5a";
static const char v12_req_iv_2[] = "b85de9969f3adfb532785edf";
static const char v12_rsp_key_2[] =
    "a74ed04c5479c9532214a055d18444cdeb21585775318985a47471aa43d5829d";
static const char v12_rsp_iv_2[] = "0cadf520a081453be7c0d635";

/* Records in the order of the connection: sender, key set (1 data, 2 updated), counter, message,
 * record. */
static const struct {
    bool from_requester;
    unsigned key_set, sequence;
    const char *message, *record;
} v12_records[] = {
    {true, 1, 0, "12e80000",
     "06ffffffff00002b0084b07664b570a857d343aa1b3b4bcf802a0db8a754c44b8d4396c3a3e52ae557b35c76bbcf2"
     "b89f4bbac78"},
    {false, 1, 0, "12680000",
     "06ffffffff00002700716b7d1c027034c5fd35c508f4e299b108f13f3846da9fbe2bfd5168e857750fe1c6ebe1ddc"
     "a6f"},
    {true, 1, 1, "12e902b7",
     "06ffffffff0100320055d6613ec9b3141602d9a7456ddeea23793418d8f238a389252cf04dbf830520838bf5fffbd"
     "14ada2ae5847607f830d3e6f9"},
    {false, 2, 0, "126902b7",
     "06ffffffff000033000e3b9b498b5f9d0542621d4bb75e5d803f400343f5b432ed8c20d55284d3863f89b699deedd"
     "9c71ca9c8cc701917de5d237dd0"},
    {true, 2, 0, "12e90329",
     "06ffffffff00002400be555ebc6f2880435d4b645f19cfdc3cdd0ede26306b1430ac0e9ec5eed6ca601e77a0b6"},
    {false, 2, 1, "12690329",
     "06ffffffff01002200e4028e98eae422dc72eba30d445ea0ff4cb563190808ea3dd3562ff994c8ba47ed71"},
    {true, 2, 1, "12e80000",
     "06ffffffff010037009fe0babbbd23899ebf5a4adc0e3ede6caca229ecb566d68708185c28edd76b3ac121b4f6687"
     "20588a1b12d66c8b84717e306b7577cc25b"},
    {false, 2, 2, "12680000",
     "06ffffffff02002100bf0795ae4d1cbf5af7e4e5c752790b6944aaf3ab767910e8c81add0ee83232a016"},
    {true, 2, 2, "12ec0000",
     "06ffffffff02002200eda0f57918a551f32a5e56945b4087d22d5cb95cd6adeb14eba25912798feb0ab977"},
    {false, 2, 3, "126c0000",
     "06ffffffff03002800bddecb72d5df778bafe88d08e9b50d9161f8dd5d5c4406790e620d836442fce941f18638994"
     "523c2"},
};

static const char psk13_get_version[] = "10840000";
static const char psk13_version[] = "1004000000010013";
static const char psk13_get_capabilities[] = "13e1000000000000c66600000012000000120000";
static const char psk13_capabilities[] = "1361000000000000d66a00000012000000120000";
static const char psk13_negotiate_algorithms[] =
    "13e304003000010280000000020000000000000000000000000000000000000002201000032002000420"
    "800005200100";
static const char psk13_algorithms[] =
    "136304003400010204000000800000000200000000000000000000000000000000000000022010000320"
    "02000420800005200100";
static const char psk13_psk_exchange[] =
    "13e60000ffff0c00400010005465737450736b48696e74005815e99fb616239a1fb40af8badaae460401"
    "32b1d6cd0dab6f49bc53512a7eed8a1d6916a82f9d4e938ec2f99008a6f5db7f2fcc9715dcc1c6c5be09"
    "42af331601000000000005000101010011000000";
static const char psk13_psk_exchange_rsp[] =
    "13660800ffff000040000c00a683915daae1b35e89634a6100705d56b12efff759f40a156121590ac275"
    "4fb75876e0a7b98ea8d350de236f296d4b7dd6bc89e3c3dfb296d5263115025a834f0100000000000400"
    "010000116b7a5f094e5128c5a9fcffa8a1aa1a1b21ffef76c01f66b5b308dd93986a6d5a02e5c66b6941"
    "e53b504f4e1f3f7eb076";
static const char psk13_th1[] =
    "e6863f0034b0f2b30091b2b400f2212759b99c4893cd2ab820869ed03550286e5f857c27f1f60c0bd0ea"
    "fbaaf99d93c0";
static const char psk13_handshake_secret[] =
    "83597efed2289c01c4e62677d1665e269a220aee9247b15b2ca72bda07a3ebfc770600487c3358224034"
    "f02d627ca97e";
static const char psk13_req_hs[] =
    "9fd6a276f3d6db2bd65969d9d133b37ea8d1d93be76ca725880bc35c317269ad6b8a19711d6e469d16a1"
    "d3ac31042ed6";
static const char psk13_rsp_hs[] =
    "f9c20fc0cb814b25576031a581410f0740c588a74ccbe6a2fcd1537731f725d72fe25c704c81bf5a330e"
    "692f75936177";
static const char psk13_psk_finish[] =
    "13e70000e230eb172aa08e8e27f4f49c61bcdfa103187411ed7cfa9a0521fd143d2c49dbf2969a5fdb01"
    "a6c3c8e7303d2c112e9f";
static const char psk13_psk_finish_record[] =
    "06ffffffff00006700ab21d15398a7bf47b8f559a1e5a840c9b16335b330264bebfdb9a5bfbb2288d0f0"
    "6ab90b04876d57aadc554f21397012c065d364c6ff172832eb8e936316eaf997bc656f0874afed484aac"
    "b764ff35844e2355928fd420672ac63d973c5295e81a9a1087380566";
static const char psk13_psk_finish_rsp_record[] =
    "06ffffffff0000220080ac37f22b6ee84c2f772389668830d8bf551111f368c3a565296773ad67c7f5f9"
    "08";
static const char psk13_th2[] =
    "a162db68600ae125360e660bbc0ebca1c666d03f2130f8f4a52c18afed310eac0ad0c98cae220e484ca4"
    "608542054f2f";
static const char psk13_req_data[] =
    "864782d974c0d2f8bbfaf77ad7c5cd5ccec013e8742e199ecc0ce56ef3b578cccc8ebf20d95b16db47c4"
    "30e64ec557a2";
static const char psk13_rsp_data[] =
    "5ae26afa00f855e42bf7a17a5105b99837e2b50a310ead8871f4c54a741f2110964f741140b7cc6a8b43"
    "45dd1e4373d5";

#endif
