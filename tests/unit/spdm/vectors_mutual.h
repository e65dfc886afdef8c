/* One SPDM 1.2 session with mutual authentication by encapsulated requests, the handshake in the
 * clear, every value as the DMTF's libspdm computes it. */
#ifndef CAMSEAL_TESTS_VECTORS_MUTUAL_H
#define CAMSEAL_TESTS_VECTORS_MUTUAL_H

static const char mut_get_version[] = "10840000";
static const char mut_version[] = "1004000000010012";
static const char mut_get_capabilities[] = "12e1000000000000c6f700000012000000120000";
static const char mut_capabilities[] = "1261000000000000d6fb00000012000000120000";
static const char mut_negotiate_algorithms[] =
    "12e304003000010280000000020000000000000000000000000000000000000002201000032002000420"
    "800005200100";
static const char mut_algorithms[] =
    "126304003400010204000000800000000200000000000000000000000000000000000000022010000320"
    "02000420800005200100";
static const char mut_key_exchange[] =
    "12e40000ffff0000fadddf2d58927a0bb31f06468703673dd1130cd5128a6aa620fe0ada9fafc308f8a6"
    "80d4a543d7030ec5c12045db9b371add69a6784ba617d5a7db55358a89a37821d41b9f14538d74fc8c73"
    "6b3fcfc3c75f4f6ec9135beafd281cb15540e5b773bd33966f7a4ea6e3ed0c879fa853b9f7d792fa50bb"
    "129ec8dca4706933cc5d100001000000000005000101010011000000";
static const char mut_key_exchange_rsp[] =
    "12640800ffff0200af4fafddc5a1b76d427dd2c976f7fc093dca4e7106a61298c619d3cad0327962de30"
    "5581e36ff97985b285d7c000e817da984f626494ee4157c5d6376cebe7291c0bc1c924d4a3cec83dae3c"
    "d3966ffe7a2984fee1666fab4fd50c6a98151978bb3805ae3f5d91e9534e8b7563d5dcbaa28d97a6ff83"
    "404ddfa2c0ffc3f8ab2b0c00010000000000040001000011c29cb5399bad7b570156eb52d44137224dea"
    "7e9a66562193069973d960461b31299c42467c1c5124d166879a2e0659be21ad870c3a088dcd5094d6d2"
    "eeee656ff96ecb55208217aba1d4ea92646ffba6c93a926337a5ee248de1d22c81ecf432";
static const char mut_th1[] =
    "3d1da276effa051a4d222d2554465321122a55f02a4773161da678ac2dd0da9cba84e9e852fdba008bdc"
    "7493df7d6903";
static const char mut_shared[] =
    "1d4efb221886f8a54dec2eab9ba079ebb83ff1ae0c44fe3079c24beb1e57b3dc9397897f3f4fdeb5fc2b"
    "736af5658dfe";
static const char mut_get_encapsulated[] = "12ea0000";
static const char mut_encapsulated_get_digests[] = "126a010012810000";
static const char mut_ack_get_certificate[] = "126b020101000000128200000000f411";
static const char mut_ack_end[] = "126b000002000000";
static const char mut_req_chain_hash[] =
    "513120ce51fe8476649b16d5fc9e6c1c9a6111cd3a610b56e888abff5f12670f35c7a6d64b31d0f68d40"
    "97815d244234";
static const char mut_req_leaf_key[] =
    "f523f9f8a0403848252e092cfe3b7936a071e5e07eece8057de9eadf6089936d4293b5d046d38c01f551"
    "5090c93d783bc4b126bf81d0e34a0c1f5d2dbac037e40925c054c43ae6de4e95cfc9bbecf9ca897e5a9b"
    "29514d8151ca25455ab12d63";
static const char mut_finish_hash[] =
    "06fe052e3f9a6ef4ff7e7d597a617ccc266859b7cb137d4a19e11a2f151fe06cd66369f63f6dd70a4043"
    "4eadf1e26111";
static const char mut_finish_prefix[] =
    "646d74662d7370646d2d76312e322e2a646d74662d7370646d2d76312e322e2a646d74662d7370646d2d"
    "76312e322e2a646d74662d7370646d2d76312e322e2a0000000000000000000000007265717565737465"
    "722d66696e697368207369676e696e67";
static const char mut_finish_signed[] =
    "a9934e3cad9ed6ff909adc3a0b365ad47eb071c45c6c037dad18146ae899b749b5723be2a1f9e98ac73c"
    "75343a1ae533";
static const char mut_finish[] =
    "12e5010091dab7b03505997fd4791997b7fee3fb03d62d5216df5c40ee3b64326b83af5ab39092b5394d"
    "09ccaa66136858563db8bec17f00f1df12a63f16cd9750cf9c68f31b87360397cdba9379776067a073cb"
    "fa972ae618a836c19c3f2a8d9d54fb8d8b8f88c8c8dd1cbc28123b67ef70bb20142c4b7d8f805f3c9256"
    "2bbcbad12e46adf4534f09f92f04c8b37d53b31d85e3";
static const char mut_req_finished[] =
    "807582fd7d3a5961baf9ffea6eb3096de3248fcfd96273bb9c69656d6a49aba2fdddb5e03156b7bc4cee"
    "a80ad2dad216";
static const char mut_rsp_finished[] =
    "29acae6612aaab0a891c7ee3bfa662a6965b7b177cec59c66cb2b2bd9ee405c06c4f19e69b0bd5cf0587"
    "9787c4f480f2";
static const char mut_finish_rsp[] =
    "12650000edfe63938dd05d0edacaaa03223c2801a7efdd603407f28028bb553f5dc1ccaa17c418fa77da"
    "41e17974593cbf4cc154";
static const char mut_th2[] =
    "67b719833d3f87a1ff7338c183bb266d6ed65b95f5bb43be2da5d13249849919f5824e664cfd617ff594"
    "34aabdda0242";
static const char mut_req_data[] =
    "1effb79920d3d1755421348b074c92c157f8bcb5fa2e50c834fae5afca01e2a1ef8c086c369bca84f717"
    "73007c34e899";
static const char mut_rsp_data[] =
    "1b72709297b41c7c808174a3510b2926235b15bc8231d4f04eadc9c71f42f9e9725aa2a06666a93815d6"
    "cbea358e497f";

#endif
