(function(){
var said=document.getElementById("said"),timer;
function say(text){said.textContent=text;clearTimeout(timer);timer=setTimeout(function(){said.textContent=""},2500)}
function select(node){var range=document.createRange(),held=getSelection();range.selectNodeContents(node);held.removeAllRanges();held.addRange(range)}
function byHand(node){select(node);var done=false;try{done=document.execCommand("copy")}catch(e){}
say(done?"Copied":"Press Ctrl+C to copy")}
document.querySelectorAll(".cmd button").forEach(function(button){
var node=button.parentNode.querySelector("code");button.hidden=false;
button.addEventListener("click",function(){
if(navigator.clipboard&&window.isSecureContext)navigator.clipboard.writeText(node.textContent).then(function(){say("Copied")},function(){byHand(node)});
else byHand(node)})});
addEventListener("beforeprint",function(){document.querySelectorAll("details").forEach(function(part){if(!part.open){part.open=true;part.dataset.shut="1"}})});
addEventListener("afterprint",function(){document.querySelectorAll("details[data-shut]").forEach(function(part){part.open=false;part.removeAttribute("data-shut")})});
})();
